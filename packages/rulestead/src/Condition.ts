/**
 * One test of one fact. Conditions of a rule are joined by AND; alternatives are rules of their own.
 *
 * Values are compared inside their kind: the string `"1"` is not the number `1`, and strings compare exactly, by case
 * and by byte. A missing fact (absent or `null`) fails every operator but `not_equals` and `not_in`, which it passes.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { AttributePath } from "./AttributePath.ts"
import { rule } from "./InvalidInput.ts"
import { Flags, Pattern } from "./Pattern.ts"
import * as Value from "./Value.ts"

const Given = Value.Value.check(
  Schema.makeFilter((value) => value !== null, rule("value", "any JSON value but null", { not: { type: "null" } }))
)

const Scalar = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])

const List = Schema.Array(Scalar).check(
  Schema.makeFilter((values) => values.length > 0, rule("list", "at least one value", { minItems: 1 })),
  Schema.makeFilter(
    (values) => values.every((value) => typeof value === typeof values[0]),
    rule("list_kind", "values of one kind: all strings, all numbers or all booleans")
  )
)

const operator = <const Operator extends string, const Fields extends Schema.Struct.Fields>(
  operator: Operator,
  fields: Fields
) => Schema.Struct({ attribute: AttributePath, operator: Schema.Literal(operator), ...fields })

const inferredCondition = Schema.Union([
  operator("equals", { value: Given }),
  operator("not_equals", { value: Given }),
  operator("in", { values: List }),
  operator("not_in", { values: List }),
  operator("gt", { value: Schema.Finite }),
  operator("gte", { value: Schema.Finite }),
  operator("lt", { value: Schema.Finite }),
  operator("lte", { value: Schema.Finite }),
  operator("regex", { pattern: Pattern, flags: Schema.optionalKey(Flags) }),
  operator("exists", {})
]).annotate({ identifier: "Condition" })

type InferredCondition = typeof inferredCondition

/**
 * The type of {@link Condition}, under a name, so that types which contain it stay short.
 *
 * @category schemas
 * @since 0.1.0
 */
export interface ConditionSchema extends InferredCondition {}

/**
 * - `equals`, `not_equals`: deep equality with `value`.
 * - `in`, `not_in`: membership in `values`, a list of strings, of numbers or of booleans.
 * - `gt`, `gte`, `lt`, `lte`: two numbers; anything else is false.
 * - `regex`: a string that contains `pattern` (see {@link Pattern}); `flags` of `i`, `m`, `s`.
 * - `exists`: present and not `null`; `false`, `0` and `""` exist.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Condition: ConditionSchema = inferredCondition

/**
 * @category models
 * @since 0.1.0
 */
export type Condition = typeof Condition.Type
