/**
 * How long a flag is meant to live. It guides people and reports; it never changes a decision.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { rule } from "./InvalidInput.ts"

const isDate = (text: string): boolean => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const time = Date.parse(text)
  return !Number.isNaN(time) && dayOf(time) === text
}

/**
 * The day (UTC) of a time in milliseconds since 1970.
 *
 * @category constructors
 * @since 0.1.0
 */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)

/**
 * A day of the calendar (UTC), as `2027-01-31`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Day = Schema.String.check(Schema.makeFilter(isDate, rule("day", "a day, as 2027-01-31")))

/**
 * - `expiring`: the flag is to be removed some day; on the day of `reviewBy`, somebody looks whether it is time.
 * - `permanent`: the flag stays. It may have a `reviewBy`, too.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Lifecycle = Schema.Union([
  Schema.Struct({ mode: Schema.Literal("expiring"), reviewBy: Day }),
  Schema.Struct({ mode: Schema.Literal("permanent"), reviewBy: Schema.optionalKey(Day) })
])

/**
 * @category models
 * @since 0.1.0
 */
export type Lifecycle = typeof Lifecycle.Type

const modes = {
  release: "expiring",
  experiment: "expiring",
  migration: "expiring",
  kill_switch: "permanent",
  operational: "permanent",
  permission: "permanent",
  remote_config: undefined
} as const

/**
 * The mode that flags of a purpose have unless told: `expiring` for `release`, `experiment` and `migration`, `permanent`
 * for `kill_switch`, `operational` and `permission`. A `remote_config` has none: who creates it must choose.
 *
 * @category defaults
 * @since 0.1.0
 */
export const defaultMode = (purpose: keyof typeof modes): Lifecycle["mode"] | undefined => modes[purpose]

/**
 * After how many days an expiring flag is reviewed unless told.
 *
 * @category defaults
 * @since 0.1.0
 */
export const defaultReviewDays = 90

/**
 * What a flag of a mode, created at `now` (milliseconds since 1970), has unless told.
 *
 * @category defaults
 * @since 0.1.0
 */
export const initial = (mode: Lifecycle["mode"], now: number): Lifecycle =>
  mode === "permanent" ? { mode } : { mode, reviewBy: dayOf(now + defaultReviewDays * 86_400_000) }
