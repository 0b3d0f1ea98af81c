/**
 * Tells telemetry and the log what happened. Whatever goes wrong in telling changes nothing.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { contract, type Event, Telemetry } from "../Telemetry.ts"

/** An event without the fields that all have. */
export type Facts = Event extends infer E ? E extends Event ? Omit<E, "contract" | "environment" | "at"> : never : never

export class Reporter {
  /** Events that telemetry threw on. */
  failed = 0
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
    const line = logLine(facts)
    if (line !== undefined) Effect.runForkWith(this.context)(Effect.annotateLogs(line, "environment", this.environment))
  }

  private emit(facts: Facts): void {
    if (this.telemetry === undefined) return
    try {
      this.telemetry.emit({
        contract,
        environment: this.environment,
        at: this.clock.currentTimeMillisUnsafe(),
        ...facts
      })
    } catch {
      this.failed++
    }
  }
}

const logLine = (facts: Facts): Effect.Effect<void> | undefined => {
  switch (facts._tag) {
    case "SnapshotApplied":
      return Effect.logDebug(`Serving snapshot ${facts.version} (${facts.source})`)
    case "SnapshotRefused":
      return Effect.logWarning(`Refused a snapshot (${facts.source}): ${facts.reason}`)
    case "EpochChanged":
      return Effect.logWarning(
        `The database was restored or replaced: from version ${facts.fromVersion} of ${facts.from} ` +
          `to version ${facts.toVersion} of ${facts.to}`
      )
    case "RefreshFailed":
      return logFirst(facts.failures, `Could not refresh: ${facts.reason}; next try in ${seconds(facts.retryMillis)}`)
    case "AnnouncementUnmet":
      return Effect.logWarning(`Version ${facts.announced} was announced, and could not be found`)
    case "ListenerLost":
      return logFirst(facts.failures, `Not listening: ${facts.reason}; next try in ${seconds(facts.retryMillis)}`)
    case "Faulted":
      return Effect.logError(`The ${facts.part} loop failed unexpectedly and was started again`)
    case "BecameStale":
      return Effect.logWarning(`Snapshot ${facts.version} has not been confirmed for ${seconds(facts.ageMillis)}`)
    case "BecameFresh":
      return Effect.logInfo(`Snapshot ${facts.version} is confirmed`)
    case "BackupLoaded":
      return Effect.logInfo(`Serving snapshot ${facts.version} from a backup of ${seconds(facts.ageMillis)} ago`)
    case "BackupFailed":
      return Effect.logWarning(`Backup: could not ${facts.operation.replace("_", " ")}: ${facts.reason}`)
    case "BackupQuarantined":
      return Effect.logWarning(`Set a backup aside: ${facts.reason}`)
    case "SnapshotVerified":
    case "Announced":
    case "ListenerOpened":
    case "BackupWritten":
    case "FlagMissing":
      return undefined
  }
}

/** Only the first of several failures in a row is worth a warning. */
const logFirst = (failures: number, message: string): Effect.Effect<void> =>
  failures === 1 ? Effect.logWarning(message) : Effect.logDebug(message)

const seconds = (millis: number): string => `${(millis / 1000).toFixed(1)} s`
