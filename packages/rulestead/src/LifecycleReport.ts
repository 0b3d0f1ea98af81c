/**
 * Whether flags are still needed: what their purpose, what nodes served of them and where code mentions them say about
 * it. It is advice. It names what it rests on and what it does not know, and never archives anything.
 *
 * The states and the readiness are those of Elixir Rulestead, except that the age of a publish alone makes no flag stale,
 * and that a flag is not called unused where nobody looks.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Evidence, type FoundReference, type Observation, type Scanned, type Usage } from "./Evidence.ts"
import type { InvalidInput } from "./InvalidInput.ts"
import { dayOf } from "./Lifecycle.ts"
import { type FlagOptions, Store, type StoredFlag } from "./Store.ts"
import type { NotFound, StoreUnavailable } from "./StoreError.ts"

/**
 * After how many days without an answer a flag is stale. Half of it makes it potentially stale. A scan of code that is
 * older counts for nothing.
 *
 * @category models
 * @since 0.1.0
 */
export const staleAfterDays = 30

/**
 * - `archived`: ended in every environment.
 * - `unpublished`: never live in this environment.
 * - `stale`: nodes told what they served, and for 30 days it was not this flag; or all that it served for 30 days was
 *   one and the same answer.
 * - `potentially_stale`: the same for 15 days, or it was never asked for at all.
 * - `active`: anything else.
 *
 * @category models
 * @since 0.1.0
 */
export type State = "archived" | "unpublished" | "stale" | "potentially_stale" | "active"

/**
 * @category models
 * @since 0.1.0
 */
export type EvaluationStatus =
  | "not_applicable"
  | "unknown"
  | "never_evaluated"
  | "recently_evaluated"
  | "not_evaluated_recently"

/**
 * @category models
 * @since 0.1.0
 */
export type ReferenceStatus = "not_applicable" | "scan_unknown" | "scan_stale" | "refs_present" | "fresh_refs_absent"

/**
 * What speaks for archiving.
 *
 * @category models
 * @since 0.1.0
 */
export type Reason =
  | "expiring"
  | "review_passed"
  | "stale_evaluation"
  | "never_evaluated"
  | "one_answer"
  | "no_code_references"

/**
 * What forbids archiving, until somebody changes it.
 *
 * @category models
 * @since 0.1.0
 */
export type Blocker =
  | "protected_purpose"
  | "permanent"
  | "remote_config_requires_review"
  | "code_references_present"
  | "already_archived"

/**
 * What is not known.
 *
 * @category models
 * @since 0.1.0
 */
export type Unknown = "evaluation_missing" | "scan_missing" | "scan_stale"

/**
 * What to do next.
 *
 * @category models
 * @since 0.1.0
 */
export type Action =
  | "archive"
  | "keep"
  | "review"
  | "collect_usage"
  | "scan_code"
  | "remove_references"
  | "serve_without_the_flag"

/**
 * A flag in an environment, judged. Times are milliseconds since 1970; `null` is never.
 *
 * - `evaluation.answers`: what was served of it since it was last published, with the last time.
 * - `evidence`: `strong` if there are reasons and neither blockers nor unknowns; `partial` if there are reasons and at
 *   most one unknown, or reasons and blockers; else, and without a fresh scan of the code, `weak`.
 * - `readiness`: `keep_active` with a blocker; `archive_candidate` with strong evidence that no code refers to it and
 *   that its review is due, or that it is stale or was never asked for; else `needs_review`.
 * - `actions`: what to do, the most useful first.
 *
 * @category models
 * @since 0.1.0
 */
export interface Assessment {
  readonly flag: StoredFlag
  readonly environment: string
  readonly state: State
  readonly publishedAt: number | null
  readonly evaluation: {
    readonly status: EvaluationStatus
    readonly lastAt: number | null
    readonly answers: ReadonlyArray<Usage>
  }
  readonly references: {
    readonly status: ReferenceStatus
    readonly scannedAt: number | null
    readonly places: ReadonlyArray<FoundReference>
  }
  readonly reasons: ReadonlyArray<Reason>
  readonly blockers: ReadonlyArray<Blocker>
  readonly unknowns: ReadonlyArray<Unknown>
  readonly evidence: "strong" | "partial" | "weak"
  readonly readiness: "keep_active" | "needs_review" | "archive_candidate"
  readonly actions: ReadonlyArray<Action>
}

/**
 * Everything that an assessment rests on. `now` is in milliseconds since 1970.
 *
 * @category models
 * @since 0.1.0
 */
export interface Facts {
  readonly flag: StoredFlag
  readonly environment: string
  readonly publishedAt: number | null
  readonly usage: ReadonlyArray<Usage>
  readonly observation: Observation | null
  readonly references: ReadonlyArray<FoundReference>
  readonly scans: ReadonlyArray<Scanned>
  readonly now: number
}

const day = 86_400_000

const daysSince = (time: number, now: number): number => (now - time) / day

/**
 * Judges one flag in one environment; pure.
 *
 * @category assessing
 * @since 0.1.0
 */
export const assess = (facts: Facts): Assessment => {
  const { environment, flag, publishedAt, references, scans, usage } = facts
  const evaluation = evaluationOf(facts)
  const referenceStatus = referencesOf(facts)
  const answers = usage.filter(({ at }) => publishedAt === null || at >= publishedAt)
  const hasOneAnswer = evaluation === "recently_evaluated" && new Set(answers.map(answerOf)).size === 1
  const state = stateOf(facts, evaluation, hasOneAnswer)
  const reasons = reasonsOf(facts, state, evaluation, referenceStatus, hasOneAnswer)
  const blockers = blockersOf(flag, referenceStatus)
  const unknowns = unknownsOf(evaluation, referenceStatus)
  const evidence = evidenceOf(reasons, blockers, unknowns)
  const readiness = readinessOf(reasons, blockers, evidence, state)
  return {
    flag,
    environment,
    state,
    publishedAt,
    evaluation: { status: evaluation, lastAt: lastOf(usage), answers },
    references: {
      status: referenceStatus,
      scannedAt: scans.length === 0 ? null : Math.max(...scans.map(({ at }) => at)),
      places: references
    },
    reasons,
    blockers,
    unknowns,
    evidence,
    readiness,
    actions: actionsOf(readiness, blockers, unknowns, hasOneAnswer)
  }
}

const answerOf = ({ reason, variant }: Usage): string => JSON.stringify([reason, variant])

const lastOf = (usage: ReadonlyArray<Usage>): number | null =>
  usage.length === 0 ? null : Math.max(...usage.map(({ at }) => at))

const evaluationOf = ({ flag, now, observation, publishedAt, usage }: Facts): EvaluationStatus => {
  if (flag.archivedAt !== null || publishedAt === null) return "not_applicable"
  const last = lastOf(usage)
  if (last !== null && daysSince(last, now) < staleAfterDays) return "recently_evaluated"
  const isWatched = observation !== null && daysSince(observation.last, now) < staleAfterDays / 2
  if (!isWatched) return "unknown"
  return last === null ? "never_evaluated" : "not_evaluated_recently"
}

const referencesOf = ({ flag, now, references, scans }: Facts): ReferenceStatus => {
  if (flag.archivedAt !== null) return "not_applicable"
  if (scans.length === 0) return "scan_unknown"
  if (references.length > 0) return "refs_present"
  return scans.every(({ at }) => daysSince(at, now) < staleAfterDays) ? "fresh_refs_absent" : "scan_stale"
}

const stateOf = (
  { flag, now, observation, publishedAt, usage }: Facts,
  evaluation: EvaluationStatus,
  hasOneAnswer: boolean
): State => {
  if (flag.archivedAt !== null) return "archived"
  if (publishedAt === null) return "unpublished"
  if (evaluation === "never_evaluated") {
    const watched = daysSince(Math.max(publishedAt, observation?.since ?? now), now)
    return watched >= staleAfterDays ? "stale" : "potentially_stale"
  }
  const unused = daysSince(lastOf(usage) ?? now, now)
  const unchanged = hasOneAnswer ? daysSince(publishedAt, now) : 0
  const days = evaluation === "unknown" ? 0 : Math.max(unused, unchanged)
  return days >= staleAfterDays ? "stale" : days >= staleAfterDays / 2 ? "potentially_stale" : "active"
}

const reasonsOf = (
  { flag, now }: Facts,
  state: State,
  evaluation: EvaluationStatus,
  references: ReferenceStatus,
  hasOneAnswer: boolean
): ReadonlyArray<Reason> => {
  if (state === "archived") return []
  const reviewBy = flag.lifecycle?.reviewBy
  const isOld = state === "stale" || state === "potentially_stale"
  return [
    ...(flag.lifecycle?.mode === "expiring" ? ["expiring" as const] : []),
    ...(reviewBy !== undefined && reviewBy <= dayOf(now) ? ["review_passed" as const] : []),
    ...(evaluation === "not_evaluated_recently" ? ["stale_evaluation" as const] : []),
    ...(evaluation === "never_evaluated" ? ["never_evaluated" as const] : []),
    ...(hasOneAnswer && isOld ? ["one_answer" as const] : []),
    ...(references === "fresh_refs_absent" ? ["no_code_references" as const] : [])
  ]
}

const protectedPurposes: ReadonlySet<string> = new Set(["kill_switch", "operational", "permission"])

const blockersOf = (flag: StoredFlag, references: ReferenceStatus): ReadonlyArray<Blocker> => {
  if (flag.archivedAt !== null) return ["already_archived"]
  return [
    ...(protectedPurposes.has(flag.purpose) ? ["protected_purpose" as const] : []),
    ...(flag.lifecycle?.mode === "permanent" ? ["permanent" as const] : []),
    ...(flag.purpose === "remote_config" ? ["remote_config_requires_review" as const] : []),
    ...(references === "refs_present" ? ["code_references_present" as const] : [])
  ]
}

const unknownsOf = (evaluation: EvaluationStatus, references: ReferenceStatus): ReadonlyArray<Unknown> => [
  ...(evaluation === "unknown" ? ["evaluation_missing" as const] : []),
  ...(references === "scan_unknown" ? ["scan_missing" as const] : []),
  ...(references === "scan_stale" ? ["scan_stale" as const] : [])
]

const evidenceOf = (
  reasons: ReadonlyArray<Reason>,
  blockers: ReadonlyArray<Blocker>,
  unknowns: ReadonlyArray<Unknown>
): Assessment["evidence"] => {
  if (reasons.length === 0 || unknowns.includes("scan_missing") || unknowns.includes("scan_stale")) return "weak"
  if (blockers.length === 0 && unknowns.length === 0) return "strong"
  return blockers.length > 0 || unknowns.length === 1 ? "partial" : "weak"
}

const readinessOf = (
  reasons: ReadonlyArray<Reason>,
  blockers: ReadonlyArray<Blocker>,
  evidence: Assessment["evidence"],
  state: State
): Assessment["readiness"] => {
  if (blockers.length > 0) return "keep_active"
  const isDue = reasons.includes("review_passed") || state === "stale" || reasons.includes("never_evaluated")
  return evidence === "strong" && reasons.includes("no_code_references") && isDue ? "archive_candidate" : "needs_review"
}

const actionsOf = (
  readiness: Assessment["readiness"],
  blockers: ReadonlyArray<Blocker>,
  unknowns: ReadonlyArray<Unknown>,
  hasOneAnswer: boolean
): ReadonlyArray<Action> => {
  if (blockers.includes("already_archived")) return []
  const first = { archive_candidate: "archive", keep_active: "keep", needs_review: "review" } as const
  return [
    first[readiness],
    ...(hasOneAnswer && blockers.includes("code_references_present") ? ["serve_without_the_flag" as const] : []),
    ...(blockers.includes("code_references_present") ? ["remove_references" as const] : []),
    ...(unknowns.includes("evaluation_missing") ? ["collect_usage" as const] : []),
    ...(unknowns.some((unknown) => unknown !== "evaluation_missing") ? ["scan_code" as const] : [])
  ]
}

/**
 * Which flags to judge, in which environment.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends FlagOptions {
  readonly environment: string
}

/**
 * Judges flags of an environment, by key.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as LifecycleReport from "rulestead/LifecycleReport"
 *
 * const candidates = Effect.map(LifecycleReport.make({ environment: "prod" }), (assessments) =>
 *   assessments.filter(({ readiness }) => readiness === "archive_candidate").map(({ flag }) => flag.key))
 * ```
 *
 * @category assessing
 * @since 0.1.0
 */
export const make: (
  options: Options
) => Effect.Effect<
  ReadonlyArray<Assessment>,
  InvalidInput | NotFound | StoreUnavailable,
  Store | Evidence
> = Effect.fn("LifecycleReport.make")(function*({ environment, ...page }) {
  const store = yield* Store
  const evidence = yield* Evidence
  const now = yield* Clock.currentTimeMillis
  yield* store.environment(environment)
  const flags = yield* store.flags(page)
  const keys = flags.map(({ key }) => key)
  const published = yield* evidence.publications(environment, keys)
  const usage = Map.groupBy(yield* evidence.usage(environment, keys), ({ flag }) => flag)
  const references = Map.groupBy(yield* evidence.references(keys), ({ flag }) => flag)
  const observation = yield* evidence.observation(environment)
  const scans = yield* evidence.scans
  return flags.map((flag) =>
    assess({
      flag,
      environment,
      publishedAt: published.get(flag.key) ?? null,
      usage: usage.get(flag.key) ?? [],
      observation,
      references: references.get(flag.key) ?? [],
      scans,
      now
    })
  )
})
