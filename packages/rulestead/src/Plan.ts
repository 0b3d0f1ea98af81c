/**
 * What would be done to an environment: looked at first, and then done whole or not at all.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Change } from "./Change.ts"
import * as Finding from "./Finding.ts"
import * as Applying from "./internal/manifest/applying.ts"
import * as Planning from "./internal/manifest/planning.ts"
import * as Preview from "./internal/manifest/preview.ts"
import * as InvalidInput from "./InvalidInput.ts"
import { EnvironmentKey } from "./Key.ts"
import * as Manifest from "./Manifest.ts"
import { Promotion } from "./Promotion.ts"
import type { Publisher } from "./Publisher.ts"
import { Seen, type Stale } from "./Stale.ts"
import type { ReadError, Store, WriteError, WriteOptions } from "./Store.ts"

const inferredRequest = Schema.Union([
  Schema.Struct({ environment: EnvironmentKey, manifest: Manifest.Manifest }),
  Schema.Struct({ environment: EnvironmentKey, promote: Promotion })
])

type InferredRequest = typeof inferredRequest

/**
 * The type of {@link Request}, under a name, so that types which contain it stay short.
 *
 * @category schemas
 * @since 0.1.0
 */
export interface RequestSchema extends InferredRequest {}

/**
 * What shall be done to `environment`: serve what a manifest says, or do what another environment does.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Request: RequestSchema = inferredRequest

/**
 * @category models
 * @since 0.1.0
 */
export type Request = typeof Request.Type

/**
 * A request as people write it: fields that have defaults may be left out.
 *
 * @category models
 * @since 0.1.0
 */
export type RequestInput = typeof Request.Encoded

const inferredPlan = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  token: Schema.String,
  environment: Schema.Struct({ key: EnvironmentKey, exists: Schema.Boolean, protected: Schema.Boolean }),
  request: Request,
  changes: Schema.Array(Change),
  unchanged: Schema.Struct({ audiences: Schema.Array(Schema.String), flags: Schema.Array(Schema.String) }),
  findings: Schema.Array(Finding.Finding),
  observed: Schema.Array(Seen)
})

type InferredPlan = typeof inferredPlan

/**
 * The type of {@link Plan}, under a name, so that types which contain it stay short.
 *
 * @category schemas
 * @since 0.1.0
 */
export interface PlanSchema extends InferredPlan {}

/**
 * - `token`: the same as long as the request, what it was made from, and what would be done are the same.
 * - `environment`: whether it `exists` (else it is created), and is `protected`.
 * - `changes`: what would be done, audiences and flags by key.
 * - `unchanged`: the keys of what the request names and that is already so.
 * - `findings`: what to know before; a plan with errors is not applied.
 * - `observed`: everything that was looked at, at the revision it had.
 *
 * A plan is data: it can be written to a file, be reviewed, and be applied later.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Plan: PlanSchema = inferredPlan

/**
 * @category models
 * @since 0.1.0
 */
export type Plan = typeof Plan.Type

/**
 * @category decoding
 * @since 0.1.0
 */
export const decode: InvalidInput.Decode<Plan> = InvalidInput.decode("plan", Plan)

const decodeRequest = InvalidInput.decode("request", Request)

/**
 * Says what would be done. Nothing is written, and nothing is locked: what is true now may not be in a moment, which is
 * what the token is for.
 *
 * A ruleset is the same if its content is. Salts that a manifest leaves out are those of what is live, else of the draft,
 * so that nobody changes buckets. What is not named stays as it is; nothing is ever removed.
 *
 * A plan has errors where a flag or an audience is archived, where a flag has another type or default (they never
 * change), and where a flag has a draft that publishing would overwrite.
 *
 * @category planning
 * @since 0.1.0
 */
export const make: (
  request: RequestInput
) => Effect.Effect<Plan, InvalidInput.InvalidInput | ReadError, Store> = Effect.fn("Plan.make")(function*(input) {
  const manifest = "manifest" in input ? input.manifest : input.promote.from
  if (typeof manifest !== "string") yield* Manifest.decode(manifest)
  return yield* Planning.plan(yield* decodeRequest(input))
})

/**
 * Whether there is nothing to do.
 *
 * @category guards
 * @since 0.1.0
 */
export const isEmpty = ({ changes }: Plan): boolean => changes.length === 0

/**
 * Whether a finding is in the way: {@link apply} would refuse.
 *
 * @category guards
 * @since 0.1.0
 */
export const isBlocked = ({ findings }: Plan): boolean => Finding.hasErrors(findings)

/**
 * What an environment, given as a manifest, does after a plan.
 *
 * @category planning
 * @since 0.1.0
 */
export const preview = ({ changes }: Plan, manifest: Manifest.Manifest): Manifest.Manifest =>
  Preview.preview(changes, manifest)

/**
 * Does what a plan says: everything, in one transaction, or nothing. In it, the plan is made again from its request; if
 * that is not the plan that was given, this fails with `Stale`. So it does not matter how long ago the plan was made, or
 * through whose hands it went.
 *
 * Fails with `InvalidInput` when the plan has errors, and for a protected environment without a reason. A lost race is
 * `Stale` as well.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Plan from "rulestead/Plan"
 *
 * const program = Effect.gen(function*() {
 *   const plan = yield* Plan.make({ environment: "prod", promote: { from: "staging", flags: ["checkout"] } })
 *   yield* Effect.log(plan.changes.map(({ action, key }) => `${action} ${key}`), plan.findings)
 *   yield* Plan.apply(plan, { reason: "release 42" })
 * })
 * ```
 *
 * @category applying
 * @since 0.1.0
 */
export const apply: (
  plan: Plan,
  options?: WriteOptions
) => Effect.Effect<Manifest.Report, WriteError | ReadError | Stale, Store | Publisher> = Effect.fn("Plan.apply")(
  (plan, options) => Applying.apply(plan, options)
)
