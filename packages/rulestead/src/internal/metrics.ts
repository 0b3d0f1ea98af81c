/**
 * What a node does in numbers, through Effect's `Metric`. Decisions are not counted here but where they are made; their
 * numbers are carried over from time to time.
 */
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { Counts, Health } from "../Health.ts"
import type { RefreshReason } from "../Telemetry.ts"
import type { DecisionCount } from "./tally.ts"

const counter = (name: string, description: string) =>
  Metric.counter(`rulestead_${name}`, { description, incremental: true })

const decisions = counter("decisions_total", "Decisions by flag, variant and reason")
const missing = counter(
  "flags_missing_total",
  "Questions for an unknown flag, or before there was a snapshot"
)
const unmet = counter("definitions_unmet_total", "Questions whose answer did not fit the definition in the code")
const stale = counter("stale_decisions_total", "Questions for a flag that was there, while the snapshot was stale")
const refreshes = counter("refreshes_total", "Looks at the store by outcome")
const refused = counter(
  "snapshots_refused_total",
  "Answers of the store, backups and bootstraps that were not believed"
)
const epochs = counter("epoch_changes_total", "Databases restored or replaced")
const durations = Metric.histogram("rulestead_refresh_milliseconds", {
  description: "What a look at the store took, installing included",
  boundaries: Metric.exponentialBoundaries({ start: 1, factor: 2, count: 16 })
})
const age = Metric.gauge("rulestead_snapshot_age_seconds", {
  description: "Since the store last confirmed the snapshot; -1 if it never has"
})
const version = Metric.gauge("rulestead_snapshot_version", { description: "The version of the snapshot" })

export class Metrics {
  private readonly context: Context.Context<never>
  private readonly attributes: { readonly environment: string }
  private carried: Counts = { missing: 0, unready: 0, unmet: 0, stale: 0, refused: 0, epochs: 0 }

  constructor(environment: string, context: Context.Context<never>) {
    this.context = context
    this.attributes = { environment }
  }

  refreshed(problem: RefreshReason | undefined, millis: number): void {
    this.update(durations, millis)
    this.update(refreshes, 1, { outcome: problem ?? "ok" })
  }

  decided({ count, flag, reason, variant }: DecisionCount): void {
    this.update(decisions, count, { flag, reason, variant: variant ?? "" })
  }

  /** Carries totals since the start over, and the state now. */
  carryOver({ counts, verifiedAge, version: versionNow }: Health): void {
    const since = (count: keyof Counts) => counts[count] - this.carried[count]
    this.update(missing, since("missing"), { reason: "unknown" })
    this.update(missing, since("unready"), { reason: "not_ready" })
    this.update(unmet, since("unmet"))
    this.update(stale, since("stale"))
    this.update(refused, since("refused"))
    this.update(epochs, since("epochs"))
    this.update(age, verifiedAge === null ? -1 : verifiedAge / 1000)
    this.update(version, versionNow)
    this.carried = counts
  }

  private update<State>(
    metric: Metric.Metric<number, State>,
    value: number,
    attributes?: Readonly<Record<string, string>>
  ): void {
    Metric.withAttributes(metric, { ...this.attributes, ...attributes }).updateUnsafe(value, this.context)
  }
}
