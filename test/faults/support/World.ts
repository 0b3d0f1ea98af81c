/** Where a cell happens: a store, somebody who publishes, and nodes. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { strict as assert } from "node:assert"
import { Publisher } from "rulestead/Publisher"
import type { SigningKey } from "rulestead/SigningKey"
import type { SnapshotBackup } from "rulestead/SnapshotBackup"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import type { StoreUnavailable } from "rulestead/StoreError"
import { Ledger } from "./Ledger.ts"
import * as Node from "./Node.ts"
import type { Time } from "./Time.ts"

export interface Parts {
  readonly time: Time
  readonly services: Context.Context<Store | Publisher | SnapshotFeed>
  /** What nodes fetch from, if not from the store itself. */
  readonly feed?: Layer.Layer<SnapshotFeed>
  readonly backup: Layer.Layer<SnapshotBackup>
  readonly surroundings?: Node.Surroundings
  /** What nodes ask signatures of. */
  readonly verify?: ReadonlyArray<SigningKey> | undefined
  /** Starts a node in a process of its own; without it, the nodes that are stopped are in this one. */
  readonly startApart?: Effect.Effect<Node.Node, never, Scope.Scope>
}

export interface World {
  readonly time: Time
  readonly ledger: Ledger
  /** Publishes once more. */
  readonly publish: Effect.Effect<void, PublishError>
  /** So it does, and tries again until it is acknowledged. */
  readonly publishSurely: Effect.Effect<void>
  readonly start: (options: { readonly backup: boolean }) => Effect.Effect<Node.Node, never, Scope.Scope>
  readonly startApart: Effect.Effect<Node.Node, never, Scope.Scope>
  /** Until every node that was started serves what was published last. */
  readonly followed: Effect.Effect<void>
  /** Fails unless the store has all that it acknowledged, and the node has what the store has. */
  readonly audit: (node: Node.Node) => Effect.Effect<void>
}

export type PublishError =
  | Effect.Error<ReturnType<Store["Service"]["state"]>>
  | Effect.Error<ReturnType<Publisher["Service"]["publish"]>>

export const make = Effect.fnUntraced(function*(parts: Parts): Effect.fn.Return<World> {
  const { backup, services, surroundings, time, verify } = parts
  const { environment, flag } = Node
  const store = Context.get(services, Store)
  const publisher = Context.get(services, Publisher)
  const source = Context.get(services, SnapshotFeed)
  const feed = parts.feed ?? Layer.succeed(SnapshotFeed, source)
  const ledger = new Ledger()
  const nodes = new Set<Node.Node>()

  yield* Effect.orDie(
    Effect.andThen(
      store.createEnvironment({ key: environment, name: "Production" }),
      store.createFlag({ key: flag, valueType: "number", defaultValue: 0 })
    )
  )

  let known: number | undefined

  const publish = Effect.gen(function*() {
    const value = ++ledger.tried
    const revision = known ?? (yield* store.state(flag, environment)).revision
    known = undefined
    const rules = [{ key: "everybody", strategy: "forced_value", value }] as const
    const draft = yield* store.saveDraft(flag, environment, { rules }, { expected: revision })
    const { state } = yield* publisher.publish(flag, environment, { expected: draft.revision })
    known = state.revision
    ledger.acknowledge(value, state.rulesetVersion)
  })

  const joined = (start: Effect.Effect<Node.Node, never, Scope.Scope>) =>
    Effect.map(time.within("the start", start), (started) => {
      nodes.add(started)
      const leave = Effect.sync(() => nodes.delete(started))
      return { ...started, close: time.within("the stop", Effect.andThen(leave, started.close)) }
    })
  const start = ({ backup: isBackedUp }: { readonly backup: boolean }) =>
    joined(Node.start({ feed, surroundings, verify, backup: isBackedUp ? backup : undefined }))

  /** What the store says was published: the version of the ruleset by what the flag serves. */
  const published = Effect.gen(function*() {
    const found = new Map<number, number>()
    let before: number | undefined
    while (true) {
      const events = yield* store.audit({ key: flag, environment, limit: 1000, before })
      for (const { action, after } of events) {
        if (action !== "ruleset.publish") continue
        const { ruleset: { rules: [rule] }, version } = yield* decodeRuleset(after)
        found.set(rule?.value ?? 0, version)
      }
      before = events.at(-1)?.id
      if (before === undefined) return found
    }
  })

  return {
    time,
    ledger,
    publish,
    publishSurely: time.within(
      "publishing",
      Effect.orDie(Effect.retry(publish, Schedule.spaced("20 millis")))
    ),
    start,
    startApart: parts.startApart === undefined ? start({ backup: true }) : joined(parts.startApart),
    followed: Effect.suspend(() =>
      Effect.forEach(nodes, (node) =>
        time.until(
          () => node.sight().served === ledger.latest,
          node.news,
          () => `the node serves ${node.sight().served} and not ${ledger.latest}`
        ), { discard: true })
    ),
    audit: (node) =>
      Effect.gen(function*() {
        const found = yield* published
        for (const [value, version] of ledger.acknowledged) assert.equal(found.get(value), version)
        const { head } = yield* source.changesSince(environment, undefined)
        const { digest, epoch, version } = node.sight().health
        assert.deepEqual({ digest, epoch, version }, { digest: head.digest, epoch: head.epoch, version: head.version })
      }).pipe(Effect.orDie)
  }
})

const decodeRuleset = Schema.decodeUnknownEffect(Schema.Struct({
  version: Schema.Natural,
  ruleset: Schema.Struct({ rules: Schema.Array(Schema.Struct({ value: Schema.Finite })) })
}))

/** What a publisher was told, in a word. */
export const wordOf = (error: PublishError): StoreUnavailable["reason"] | PublishError["_tag"] =>
  error._tag === "StoreUnavailable" ? error.reason : error._tag
