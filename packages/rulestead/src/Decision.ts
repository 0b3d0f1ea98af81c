/**
 * An answer, and where it came from.
 *
 * @since 0.1.0
 */
import type { Value } from "./Value.ts"

/**
 * Why a value was served.
 *
 * - `rule_match`: the rule named in `rule` decided.
 * - `default`: no rule applied.
 * - `killed`: the kill switch is engaged.
 * - `error`: the context could not be read (a getter of the application threw); the default was served.
 *
 * @category models
 * @since 0.1.0
 */
export type Reason = "rule_match" | "default" | "killed" | "error"

/**
 * Whom the rule that decided serves.
 *
 * - `everybody`: nothing about the context mattered, except that a rule may need an identity.
 * - `targeted`: those whom its conditions, its audience, or the rules before it have left.
 * - `split`: a share, by bucket: a rollout below 100 percent, one of several variants, an experiment.
 *
 * @category models
 * @since 0.1.0
 */
export type Selection = "everybody" | "targeted" | "split"

/**
 * What the evaluator says, independent of when and from where it was asked.
 *
 * - `value`: what to serve; JSON values are frozen.
 * - `enabled`: whether that counts as on (see `Value.isEnabled`; a killed flag that is not boolean is off).
 * - `variant`: the key of the variant chosen, of split and experiment rules.
 * - `rule`: the key of the rule that decided.
 * - `selection`: whom that rule serves; `null` where none decided.
 * - `rulesetVersion`: the published ruleset that was evaluated.
 * - `holdout`: the first variant was served because the identity is held out of the experiment.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outcome {
  readonly flag: string
  readonly value: Value
  readonly enabled: boolean
  readonly variant: string | null
  readonly reason: Reason
  readonly rule: string | null
  readonly selection: Selection | null
  readonly rulesetVersion: number
  readonly holdout: boolean
}

/**
 * Where the snapshot in memory came from: the store, the backup on disk, a bootstrap value, or nowhere yet.
 *
 * @category models
 * @since 0.1.0
 */
export type Source = "live" | "backup" | "bootstrap" | "none"

/**
 * The snapshot a decision was made from, and how current it was known to be.
 *
 * - `stale`: the store has not confirmed the snapshot for longer than the threshold (`staleAfter`).
 *
 * @category models
 * @since 0.1.0
 */
export interface Provenance {
  readonly environment: string
  readonly epoch: string | null
  readonly version: number
  readonly source: Source
  readonly stale: boolean
}

/**
 * An outcome and its provenance. Frozen; the same object may be returned again.
 *
 * @category models
 * @since 0.1.0
 */
export interface Decision extends Outcome {
  readonly snapshot: Provenance
}
