/**
 * Percentages: 0 to 100 with at most two decimals for people, whole basis points (0 to 10,000) for the evaluator, so
 * that 0.01 % is a step of its own and whole percents bucket exactly as in Elixir Rulestead.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Internal from "./internal/percentage.ts"
import { rule } from "./InvalidInput.ts"

/**
 * @category guards
 * @since 0.1.0
 */
export const isPercentage = (input: unknown): input is number =>
  typeof input === "number" && input >= 0 && input <= 100 && Number(input.toFixed(2)) === input

/**
 * @category schemas
 * @since 0.1.0
 */
export const Percentage = Schema.Finite.check(
  Schema.makeFilter(
    isPercentage,
    rule("percentage", "a number from 0 to 100 with at most two decimals", { minimum: 0, maximum: 100 })
  )
)

/**
 * @category models
 * @since 0.1.0
 */
export type Percentage = typeof Percentage.Type

/**
 * `12.5` is 1,250 basis points.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toBasisPoints: (percentage: Percentage) => number = Internal.toBasisPoints
