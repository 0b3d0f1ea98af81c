/**
 * What speaks for or against a flag's still being needed: what nodes served of it, and where code mentions it. It is
 * advisory; nothing is decided by it, and losing it costs only knowledge.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as InvalidInput from "./InvalidInput.ts"
import { EnvironmentKey, FlagKey, VariantKey } from "./Key.ts"
import type { StoreUnavailable } from "./StoreError.ts"

/**
 * An answer that some node served: of a flag, with its variant (if it has one) and the reason, last at `at`
 * (milliseconds since 1970, by the clock of the node, and never later than by the clock of the store).
 *
 * @category schemas
 * @since 0.1.0
 */
export const Usage = Schema.Struct({
  flag: FlagKey,
  variant: Schema.NullOr(VariantKey),
  reason: Schema.Literals(["rule_match", "default", "killed", "error"]),
  at: Schema.Finite
})

/**
 * @category models
 * @since 0.1.0
 */
export type Usage = typeof Usage.Type

/**
 * What was observed in an environment at all: nodes have told what they serve since `since`, and last did at `last`.
 * Without it, that a flag was never served means nothing.
 *
 * @category models
 * @since 0.1.0
 */
export interface Observation {
  readonly since: number
  readonly last: number
}

const Path = Schema.String.check(
  Schema.makeFilter(
    (path: string) => path.length >= 1 && path.length <= 1000,
    InvalidInput.rule("path", "1 to 1000 characters")
  )
)

const Line = Schema.Finite.check(
  Schema.makeFilter(
    (line: number) => Number.isInteger(line) && line >= 1,
    InvalidInput.rule("line", "a whole number from 1")
  )
)

/**
 * A place in code that asks for a flag, or defines what code expects of it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Reference = Schema.Struct({
  flag: FlagKey,
  file: Path,
  line: Line,
  kind: Schema.Literals(["call", "definition", "use"])
})

/**
 * @category models
 * @since 0.1.0
 */
export type Reference = typeof Reference.Type

/**
 * How many references one scan may have.
 *
 * @category models
 * @since 0.1.0
 */
export const maxReferences = 50_000

/**
 * Everything that was found in one body of code.
 *
 * - `source`: names it, as the repository `shop/web`; 1 to 200 characters.
 * - `at`: when it was scanned, in milliseconds since 1970.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Scan = Schema.Struct({
  source: Schema.String.check(
    Schema.makeFilter(
      (source: string) => source.length >= 1 && source.length <= 200 && source.trim() === source,
      InvalidInput.rule("source", "1 to 200 characters without surrounding white space")
    )
  ),
  at: Schema.Finite,
  references: Schema.Array(Reference).check(
    Schema.makeFilter(
      (references) => references.length <= maxReferences,
      InvalidInput.rule("references", `at most ${maxReferences} references`)
    )
  )
})

/**
 * @category models
 * @since 0.1.0
 */
export type Scan = typeof Scan.Type

/**
 * A scan without its references.
 *
 * @category models
 * @since 0.1.0
 */
export interface Scanned {
  readonly source: string
  readonly at: number
  readonly references: number
}

/**
 * A reference, and the source that it is in.
 *
 * @category models
 * @since 0.1.0
 */
export interface FoundReference extends Reference {
  readonly source: string
}

/**
 * @category decoding
 * @since 0.1.0
 */
export const decodeUsage = InvalidInput.decode(
  "usage",
  Schema.Struct({ environment: EnvironmentKey, usage: Schema.Array(Usage) })
)

/**
 * @category decoding
 * @since 0.1.0
 */
export const decodeScan: InvalidInput.Decode<Scan> = InvalidInput.decode("scan", Scan)

/**
 * - `recordUsage`: adds what a node served. Of each answer the latest time is kept, so that recording twice does no harm;
 *   a store may keep one that is up to ten minutes older. Flags and environments that it does not know are passed over.
 * - `usage`: of these flags in an environment, each answer with the last time it was served.
 * - `observation`: `null` where no node ever told.
 * - `publications`: of these flags, those that are live in an environment, and when they were last published there, in
 *   milliseconds since 1970.
 * - `recordScan`: replaces what was found in the same source before, whole; other sources stay.
 * - `references`: to these flags, by source, file and line. `scans`: by source.
 *
 * Every store brings it along.
 *
 * @category services
 * @since 0.1.0
 */
export class Evidence extends Context.Service<Evidence, {
  readonly recordUsage: (
    environment: string,
    usage: ReadonlyArray<Usage>
  ) => Effect.Effect<void, InvalidInput.InvalidInput | StoreUnavailable>
  readonly usage: (
    environment: string,
    flags: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Usage>, StoreUnavailable>
  readonly observation: (environment: string) => Effect.Effect<Observation | null, StoreUnavailable>
  readonly publications: (
    environment: string,
    flags: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, number>, StoreUnavailable>
  readonly recordScan: (scan: Scan) => Effect.Effect<void, InvalidInput.InvalidInput | StoreUnavailable>
  readonly references: (
    flags: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<FoundReference>, StoreUnavailable>
  readonly scans: Effect.Effect<ReadonlyArray<Scanned>, StoreUnavailable>
}>()("rulestead/Evidence") {}
