/**
 * Rulestead behind the server SDK of OpenFeature.
 *
 * @since 0.1.0
 */
import {
  type EvaluationContext,
  type FlagMetadata,
  type Hook,
  type JsonValue,
  OpenFeatureEventEmitter,
  type Provider,
  type ResolutionDetails,
  type TrackingEventDetails
} from "@openfeature/server-sdk"
import type { Decision } from "rulestead/Decision"
import { Connection } from "./internal/connection.ts"
import { toContext } from "./internal/context.ts"
import { failure, refusal, resolution } from "./internal/resolution.ts"
import * as Types from "./internal/types.ts"
import type { OwnedSource, Source } from "./Source.ts"

/**
 * - `name` (`rulestead`): the name of the provider. A multi-provider with two of them wants two names.
 * - `initializeTimeout` (10000): milliseconds that `initialize` waits for something to decide from. Should it come later,
 *   the provider is ready then. A source that is opened here takes up to its `bootTimeout` where the store is away, even if
 *   it has a backup; so this should be longer.
 * - `flagMetadata` ({@link flagMetadata}): what goes along with every resolution.
 * - `contextId`: allows `contextId` in the metadata, and makes it from the targeting key: `(key) => key` reveals it, a
 *   keyed hash does not. Left out, there is none.
 * - `hooks`: hooks that belong to the provider.
 * - `onTrack`: where `client.track` ends; left out, nowhere.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly name?: string | undefined
  readonly initializeTimeout?: number | undefined
  readonly flagMetadata?: ((decision: Decision) => FlagMetadata) | undefined
  readonly contextId?: ((targetingKey: string) => string) | undefined
  readonly hooks?: ReadonlyArray<Hook> | undefined
  readonly onTrack?: ((event: TrackedEvent) => void) | undefined
}

/**
 * What an application told `client.track`. The context is as OpenFeature merged it, personal data included.
 *
 * @category models
 * @since 0.1.0
 */
export interface TrackedEvent {
  readonly name: string
  readonly context: EvaluationContext
  readonly details: TrackingEventDetails
}

/**
 * Where a decision came from: `flagSetId` (the environment), `version` (of the snapshot), `rulesetVersion`, `source`,
 * `stale`, `reason` (Rulestead's own), and `rule` if one decided.
 *
 * @category metadata
 * @since 0.1.0
 */
export const flagMetadata = ({ reason, rule, rulesetVersion, snapshot }: Decision): FlagMetadata => {
  const metadata: FlagMetadata = {
    flagSetId: snapshot.environment,
    version: String(snapshot.version),
    rulesetVersion,
    source: snapshot.source,
    stale: snapshot.stale,
    reason
  }
  if (rule !== null) metadata["rule"] = rule
  return metadata
}

/**
 * The provider of OpenFeature for servers.
 *
 * Given a source, it uses it and leaves it open. Given a function, it opens a source when the SDK initializes it, and
 * closes it when the SDK closes it. It can then be initialized again.
 *
 * **Example**
 *
 * ```ts
 * import { OpenFeature } from "@openfeature/server-sdk"
 * import { createRulestead } from "@rulestead/node"
 * import { RulesteadProvider } from "@rulestead/openfeature"
 *
 * const open = () => createRulestead({ environment: "prod", url: "postgres://localhost/shop" })
 * await OpenFeature.setProviderAndWait(new RulesteadProvider(open))
 *
 * const client = OpenFeature.getClient()
 * await client.getBooleanValue("checkout-redesign", false, { targetingKey: "user-123" })
 * ```
 *
 * @category provider
 * @since 0.1.0
 */
export class RulesteadProvider implements Provider {
  readonly runsOn = "server"
  readonly metadata: { readonly name: string }
  readonly events = new OpenFeatureEventEmitter()
  readonly hooks: Array<Hook>
  private readonly source: Source | (() => Promise<OwnedSource>)
  private readonly options: Options
  private connection: Connection | undefined = undefined
  private closing = Promise.resolve()

  constructor(source: Source | (() => Promise<OwnedSource>), options: Options = {}) {
    this.source = source
    this.options = options
    this.metadata = { name: options.name ?? "rulestead" }
    this.hooks = [...options.hooks ?? []]
  }

  /** Waits for something to decide from, at most for `initializeTimeout`. */
  initialize(): Promise<void> {
    this.connection ??= new Connection(this.source, this.events)
    return this.connection.initialize(this.options.initializeTimeout ?? 10_000)
  }

  /** May be called repeatedly. */
  onClose(): Promise<void> {
    if (this.connection !== undefined) {
      this.closing = this.connection.close()
      this.connection = undefined
    }
    return this.closing
  }

  resolveBooleanEvaluation(flag: string, otherwise: boolean, context: EvaluationContext) {
    return this.resolve(flag, otherwise, context, Types.isBoolean)
  }

  resolveStringEvaluation(flag: string, otherwise: string, context: EvaluationContext) {
    return this.resolve(flag, otherwise, context, Types.isString)
  }

  resolveNumberEvaluation(flag: string, otherwise: number, context: EvaluationContext) {
    return this.resolve(flag, otherwise, context, Types.isNumber)
  }

  resolveObjectEvaluation<T extends JsonValue>(flag: string, otherwise: T, context: EvaluationContext) {
    return this.resolve(flag, otherwise, context, Types.isLike(otherwise))
  }

  track(name: string, context: EvaluationContext, details: TrackingEventDetails): void {
    this.options.onTrack?.({ name, context, details })
  }

  private resolve<T>(
    flag: string,
    otherwise: T,
    context: EvaluationContext,
    fits: (value: unknown) => value is T
  ): Promise<ResolutionDetails<T>> {
    return Promise.resolve(this.resolveNow(flag, otherwise, context, fits))
  }

  private resolveNow<T>(
    flag: string,
    otherwise: T,
    context: EvaluationContext,
    fits: (value: unknown) => value is T
  ): ResolutionDetails<T> {
    const source = this.connection?.source
    if (source === undefined) return refusal(otherwise, "provider_not_ready", "The provider is not open")
    try {
      const decision = source.evaluate(flag, toContext(context))
      return resolution(decision, this.metadataOf(decision, context), otherwise, fits)
    } catch (error) {
      return failure(otherwise, error)
    }
  }

  private metadataOf(decision: Decision, { targetingKey }: EvaluationContext): FlagMetadata {
    const metadata = (this.options.flagMetadata ?? flagMetadata)(decision)
    const { contextId } = this.options
    return contextId === undefined || targetingKey === undefined
      ? metadata
      : { ...metadata, contextId: contextId(targetingKey) }
  }
}
