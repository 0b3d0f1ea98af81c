/** Somebody who changes one flag after the other. */
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Publisher } from "rulestead/Publisher"
import * as SnapshotSigning from "rulestead/SnapshotSigning"
import { Store } from "rulestead/Store"
import { environment, keyOf, ruleset } from "./catalogue.ts"
import type { Database } from "./Databases.ts"
import { retention } from "./load.ts"

/** The version that was published, and the milliseconds that publishing took, without the draft before it. */
export interface Edit {
  readonly version: number
  readonly took: number
}

export interface Editor {
  /** Publishes other rules for the next of the flags, by which an old version is forgotten. */
  readonly edit: Effect.Effect<Edit>
}

/** An editor who signs, or does not. */
export const make = Effect.fnUntraced(function*({ flags, url }: Database, sign?: SnapshotSigning.Options) {
  const signing = sign === undefined ? Layer.empty : SnapshotSigning.layer(sign)
  const context = yield* Layer.build(Layer.provide(Postgres.layer({ url, retention }), signing))
  let edition = 0
  const edit = Effect.gen(function*() {
    const store = yield* Store
    const publisher = yield* Publisher
    const index = ++edition % flags
    const flag = keyOf(index)
    const { revision } = yield* store.state(flag, environment)
    const draft = yield* store.saveDraft(flag, environment, ruleset(index, edition), { expected: revision })
    const publish = publisher.publish(flag, environment, { expected: draft.revision })
    const [took, { head }] = yield* Effect.timed(publish)
    return { version: head?.version ?? 0, took: Duration.toMillis(took) }
  })
  return { edit: edit.pipe(Effect.provideContext(context), Effect.orDie) } satisfies Editor
})
