/**
 * Times among options.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { rule } from "../InvalidInput.ts"

export const millis = (time: Duration.Input | undefined, otherwise: number): number =>
  time === undefined ? otherwise : Duration.toMillis(time)

const isCandidate = (input: unknown): input is Duration.Input =>
  typeof input === "object" || typeof input === "string" || typeof input === "number" || typeof input === "bigint"

export const isDuration = (input: unknown): input is Duration.Input =>
  isCandidate(input) && !Number.isNaN(input) && Option.isSome(Duration.fromInput(input))

/** What is no time, as callers without types may pass it, is an age that nothing has: 0. Never throws. */
export const ageMillis = (age: Duration.Input): number => {
  try {
    return isDuration(age) ? Duration.toMillis(age) : 0
  } catch {
    return 0
  }
}

const Time = Schema.declare(isDuration, { expected: "a duration, such as \"15 seconds\" or 15000 (milliseconds)" })

/** A time that may be left out. */
export const time = (shortest: Duration.Input, longest: Duration.Input) => {
  const range = { minimum: Duration.fromInputUnsafe(shortest), maximum: Duration.fromInputUnsafe(longest) }
  const isAllowed = (time: Duration.Input) => Duration.between(Duration.fromInputUnsafe(time), range)
  const allowed = rule("duration", `${Duration.format(range.minimum)} to ${Duration.format(range.maximum)}`)
  return Schema.optional(Time.check(Schema.makeFilter(isAllowed, allowed)))
}
