/**
 * What authoring tells of itself: how each command ended, and what was published.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Action } from "../Audit.ts"
import { EnvironmentKey, FlagKey } from "../Key.ts"
import type { Publisher } from "../Publisher.ts"
import type { Head } from "../Snapshot.ts"
import type { Store } from "../Store.ts"
import type { StoreBackend } from "../StoreBackend.ts"
import { StoreUnavailable } from "../StoreError.ts"
import { type CommandOutcome, contract, type Event, Telemetry } from "../Telemetry.ts"
import * as Committed from "./committed.ts"
import * as Monotonic from "./monotonic.ts"
import { tell } from "./tell.ts"

const commands = Metric.counter("rulestead_commands_total", {
  description: "Commands of authoring by outcome",
  incremental: true
})
const durations = Metric.histogram("rulestead_command_milliseconds", {
  description: "What a command of authoring took",
  boundaries: Metric.exponentialBoundaries({ start: 1, factor: 2, count: 16 })
})
const published = Metric.counter("rulestead_snapshots_published_total", {
  description: "Snapshots committed",
  incremental: true
})

type CommandEnded = Extract<Event, { readonly _tag: "CommandEnded" }>

export class CommandTelemetry {
  private readonly context: Context.Context<never>
  private readonly clock: Clock.Clock
  private readonly telemetry: Telemetry["Service"] | undefined

  constructor(context: Context.Context<never>) {
    this.context = context
    this.clock = Context.get(context, Clock.Clock)
    this.telemetry = Option.getOrUndefined(Context.getOption(context, Telemetry))
  }

  readonly published = (
    { entries, environment, epoch, version }: Head,
    changed: number,
    publishMillis: number
  ): void => {
    Metric.withAttributes(published, { environment }).updateUnsafe(1, this.context)
    const head = { environment, epoch, version, changed, entries, publishMillis }
    tell(this.telemetry, { _tag: "SnapshotPublished", contract, at: this.clock.currentTimeMillisUnsafe(), ...head })
  }

  /** A command about a document: its key, or the document itself, comes first. */
  document<Args extends ReadonlyArray<unknown>, A, E, R>(
    command: Action,
    run: (...args: Args) => Effect.Effect<A, E, R>
  ) {
    return (...args: Args): Effect.Effect<A, E, R> => {
      const key = keyIn(args[0])
      const environment = /^(environment|snapshot)\./.test(command) ? key : null
      return this.observe({ command, key, environment }, run(...args))
    }
  }

  /** A command about a flag in an environment. */
  state<Args extends readonly [flag: string, environment: string, ...rest: ReadonlyArray<unknown>], A, E, R>(
    command: Action,
    run: (...args: Args) => Effect.Effect<A, E, R>
  ) {
    return (...args: Args): Effect.Effect<A, E, R> => {
      const environment = isEnvironmentKey(args[1]) ? args[1] : null
      return this.observe({ command, key: keyOf(args[0]), environment }, run(...args))
    }
  }

  private observe<A, E, R>(
    about: Pick<CommandEnded, "command" | "key" | "environment">,
    run: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      const start = Monotonic.nowUnsafe(this.clock)
      return Effect.onExit(run, (exit) => {
        const ended = { ...about, outcome: outcomeOf(exit), commandMillis: Monotonic.nowUnsafe(this.clock) - start }
        const report = () => this.ended(ended)
        return ended.outcome === "ok" ? Committed.whenCommitted(report) : Effect.sync(report)
      })
    })
  }

  private ended(facts: Omit<CommandEnded, "_tag" | "contract" | "at">): void {
    const { command, commandMillis, environment, outcome } = facts
    Metric.withAttributes(durations, { command }).updateUnsafe(commandMillis, this.context)
    Metric.withAttributes(commands, { command, environment: environment ?? "", outcome }).updateUnsafe(1, this.context)
    tell(this.telemetry, { _tag: "CommandEnded", contract, at: this.clock.currentTimeMillisUnsafe(), ...facts })
  }
}

export const make: Effect.Effect<CommandTelemetry> = Effect.map(
  Effect.context(),
  (context) => new CommandTelemetry(context)
)

export const observeBackend = (backend: StoreBackend["Service"]): Effect.Effect<StoreBackend["Service"]> =>
  Effect.map(make, (telemetry) => Committed.observe(backend, telemetry.published))

type Untold =
  | "transaction"
  | "environment"
  | "environments"
  | "audience"
  | "audiences"
  | "audienceImpact"
  | "flag"
  | "flags"
  | "flagsIn"
  | "state"
  | "ruleset"
  | "rulesets"
  | "audit"

export const observeStore = (store: Store["Service"]): Effect.Effect<Store["Service"]> =>
  Effect.map(make, (telemetry) => {
    const untold: Pick<Store["Service"], Untold> = store
    return {
      ...untold,
      createEnvironment: telemetry.document("environment.create", store.createEnvironment),
      changeEnvironment: telemetry.document("environment.change", store.changeEnvironment),
      createAudience: telemetry.document("audience.create", store.createAudience),
      changeAudience: telemetry.document("audience.change", store.changeAudience),
      archiveAudience: telemetry.document("audience.archive", store.archiveAudience),
      unarchiveAudience: telemetry.document("audience.unarchive", store.unarchiveAudience),
      createFlag: telemetry.document("flag.create", store.createFlag),
      changeFlag: telemetry.document("flag.change", store.changeFlag),
      archiveFlag: telemetry.document("flag.archive", store.archiveFlag),
      unarchiveFlag: telemetry.document("flag.unarchive", store.unarchiveFlag),
      saveDraft: telemetry.state("draft.save", store.saveDraft),
      putRule: telemetry.state("draft.save", store.putRule),
      removeRule: telemetry.state("draft.save", store.removeRule),
      moveRule: telemetry.state("draft.save", store.moveRule),
      discardDraft: telemetry.state("draft.discard", store.discardDraft)
    }
  })

export const observePublisher = (publisher: Publisher["Service"]): Effect.Effect<Publisher["Service"]> =>
  Effect.map(make, (telemetry) => ({
    publish: telemetry.state("ruleset.publish", publisher.publish),
    revert: telemetry.state("ruleset.revert", publisher.revert),
    setRollout: telemetry.state("rollout.set", publisher.setRollout),
    advanceRollout: telemetry.state("rollout.advance", publisher.advanceRollout),
    engageKillSwitch: telemetry.state("kill_switch.engage", publisher.engageKillSwitch),
    releaseKillSwitch: telemetry.state("kill_switch.release", publisher.releaseKillSwitch),
    sign: telemetry.document("snapshot.sign", publisher.sign),
    together: publisher.together
  }))

const isFlagKey = Schema.is(FlagKey)
const isEnvironmentKey = Schema.is(EnvironmentKey)

/** The key that a document has, or is. It has not been checked yet, and may be anything, also something that throws. */
const keyIn = (subject: unknown): string | null =>
  Result.getOrElse(
    Result.try(() => keyOf(Predicate.hasProperty(subject, "key") ? subject.key : subject)),
    () => null
  )

/** What can be no key may be anything, and is not repeated. */
const keyOf = (key: unknown): string | null => isFlagKey(key) || isEnvironmentKey(key) ? key : null

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): CommandOutcome => {
  if (Exit.isSuccess(exit)) return "ok"
  const error = Result.getOrUndefined(Cause.findError(exit.cause))
  if (error instanceof StoreUnavailable) return error.reason
  if (error !== undefined) return refusals.get(Predicate.hasProperty(error, "_tag") ? error._tag : error) ?? "refused"
  return Cause.hasDies(exit.cause) ? "failed" : "interrupted"
}

const refusals: ReadonlyMap<unknown, CommandOutcome> = new Map<string, CommandOutcome>([
  ["InvalidInput", "invalid_input"],
  ["NotFound", "not_found"],
  ["AlreadyExists", "already_exists"],
  ["Conflict", "conflict"],
  ["StalePreview", "conflict"],
  ["FlagArchived", "archived"],
  ["AudienceArchived", "archived"],
  ["AudienceInUse", "in_use"],
  ["Denied", "not_allowed"]
])
