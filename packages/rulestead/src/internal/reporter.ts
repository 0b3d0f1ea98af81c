/**
 * Tells telemetry and the log what happened. Whatever goes wrong in telling changes nothing.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { contract, type Event, Telemetry } from "../Telemetry.ts"
import { tell } from "./tell.ts"

type NodeEvent = Exclude<Event, { readonly _tag: "SnapshotPublished" | "CommandEnded" }>

/** An event of a node without the fields that all have. */
export type Facts = NodeEvent extends infer E ? E extends NodeEvent ? Omit<E, "contract" | "environment" | "at"> : never
  : never

export class Reporter {
  /** Events that telemetry threw on. */
  failed = 0
  /** Why what is wrong went wrong the last time. */
  private readonly known = new Map<string, string>()
  private readonly environment: string
  private readonly context: Context.Context<never>
  private readonly clock: Clock.Clock
  private readonly telemetry: Telemetry["Service"] | undefined

  constructor(environment: string, context: Context.Context<never>) {
    this.environment = environment
    this.context = context
    this.clock = Context.get(context, Clock.Clock)
    this.telemetry = Option.getOrUndefined(Context.getOption(context, Telemetry))
  }

  /** Events that slow subscribers lost. */
  get dropped(): number {
    return this.telemetry?.dropped() ?? 0
  }

  report(facts: Facts): void {
    this.emit(facts)
    const line = logLine(facts, this.isNews(facts))
    if (line !== undefined) Effect.runForkWith(this.context)(Effect.annotateLogs(line, "environment", this.environment))
  }

  /** Whether it says more than that what was wrong still is, and for the same reason. */
  private isNews(facts: Facts): boolean {
    switch (facts._tag) {
      case "RefreshFailed":
      case "ListenerLost":
        return this.isAnother(facts._tag, facts.reason) || facts.failures === 1
      case "BackupFailed":
        return this.isAnother(`${facts._tag} ${facts.operation}`, facts.reason) || facts.failures === 1
      case "SnapshotRefused":
        return this.isAnother(`${facts._tag} ${facts.source}`, facts.reason)
      case "SnapshotApplied":
      case "SnapshotVerified":
        this.known.delete("SnapshotRefused live")
        return true
      default:
        return true
    }
  }

  private isAnother(what: string, reason: string): boolean {
    const isKnown = this.known.get(what) === reason
    this.known.set(what, reason)
    return !isKnown
  }

  private emit(facts: Facts): void {
    const { environment } = this
    const isTold = tell(this.telemetry, { contract, environment, at: this.clock.currentTimeMillisUnsafe(), ...facts })
    if (!isTold) this.failed++
  }
}

const logLine = (facts: Facts, isNews: boolean): Effect.Effect<void> | undefined => {
  const logWarning = isNews ? Effect.logWarning : Effect.logDebug
  switch (facts._tag) {
    case "SnapshotApplied":
      return Effect.logDebug(`Serving snapshot ${facts.version} (${facts.source})`)
    case "SnapshotRefused":
      return logWarning(`Refused a snapshot (${facts.source}): ${facts.reason}`)
    case "EpochChanged":
      return Effect.logWarning(
        `The database was restored or replaced: from version ${facts.fromVersion} of ${facts.from} ` +
          `to version ${facts.toVersion} of ${facts.to}`
      )
    case "RefreshFailed":
      return logWarning(
        `Could not refresh: ${facts.reason}; next try ${
          facts.retryMillis === 0 ? "when it is asked for" : `in ${seconds(facts.retryMillis)}`
        }`
      )
    case "AnnouncementUnmet":
      return Effect.logWarning(`Version ${facts.announced} was announced, and cannot be found yet`)
    case "ListenerLost":
      return logWarning(`Not listening: ${facts.reason}; next try in ${seconds(facts.retryMillis)}`)
    case "Faulted":
      return Effect.logError(`The ${facts.part} loop failed unexpectedly and was started again`)
    case "BecameStale":
      return Effect.logWarning(`Snapshot ${facts.version} has not been confirmed for ${seconds(facts.ageMillis)}`)
    case "BecameFresh":
      return Effect.logInfo(`Snapshot ${facts.version} is confirmed`)
    case "BackupLoaded":
      return Effect.logInfo(`Serving snapshot ${facts.version} from a backup of ${seconds(facts.ageMillis)} ago`)
    case "BackupFailed":
      return logWarning(`Backup: could not ${facts.operation.replace("_", " ")}: ${facts.reason}`)
    case "BackupQuarantined":
      return Effect.logWarning(`Set a backup aside: ${facts.reason}`)
    case "DefinitionUnmet":
      return Effect.logWarning(`What ${facts.flag} serves does not fit its definition in the code`)
    case "SnapshotVerified":
    case "Announced":
    case "ListenerOpened":
    case "BackupWritten":
    case "FlagMissing":
      return undefined
  }
}

const seconds = (millis: number): string =>
  millis < 1000 ? `${Math.ceil(millis)} ms` : `${(millis / 1000).toFixed(1)} s`
