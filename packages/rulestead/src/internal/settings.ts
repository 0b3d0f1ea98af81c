/**
 * The options of a cache, checked. Times are milliseconds.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as InvalidInput from "../InvalidInput.ts"
import { EnvironmentKey } from "../Key.ts"
import type { Options } from "../SnapshotCache.ts"
import type { Changes } from "../SnapshotFeed.ts"
import type { Backoff } from "./backoff.ts"

export interface Settings {
  readonly environment: string
  readonly bootTimeout: number
  readonly whenNotFresh: "serve" | "fail"
  readonly bootstrap: Changes | undefined
  readonly fetchTimeout: number
  readonly pollInterval: number
  readonly staleAfter: number
  readonly retry: Backoff
}

export const decode = Effect.fnUntraced(
  function*(options: Options): Effect.fn.Return<Settings, InvalidInput.InvalidInput> {
    const given = yield* decodeOptions(options)
    const pollInterval = millis(given.pollInterval, 15_000)
    const settings: Settings = {
      environment: given.environment,
      bootTimeout: millis(given.bootTimeout, 5000),
      whenNotFresh: given.whenNotFresh ?? "serve",
      bootstrap: options.bootstrap,
      fetchTimeout: millis(given.fetchTimeout, 10_000),
      pollInterval,
      staleAfter: millis(given.staleAfter, 4 * pollInterval),
      retry: { min: millis(given.retry?.min, 250), max: millis(given.retry?.max, 30_000) }
    }
    const refused = InvalidInput.refuse("options", options, [...contradictions(settings)])
    return refused === undefined ? settings : yield* refused
  }
)

const millis = (time: Duration.Input | undefined, otherwise: number): number =>
  time === undefined ? otherwise : Duration.toMillis(time)

function* contradictions({ pollInterval, retry, staleAfter }: Settings): Iterable<InvalidInput.Violation> {
  if (staleAfter < 2 * pollInterval) {
    yield { path: ["staleAfter"], rule: "stale_after", allowed: "at least twice pollInterval" }
  }
  if (retry.max < retry.min) yield { path: ["retry", "max"], rule: "retry", allowed: "at least retry.min" }
}

const isCandidate = (input: unknown): input is Duration.Input =>
  typeof input === "object" || typeof input === "string" || typeof input === "number" || typeof input === "bigint"

const isDuration = (input: unknown): input is Duration.Input =>
  isCandidate(input) && !Number.isNaN(input) && Option.isSome(Duration.fromInput(input))

const Time = Schema.declare(isDuration, { expected: "a duration, such as \"15 seconds\" or 15000 (milliseconds)" })

const time = (shortest: Duration.Input, longest: Duration.Input) => {
  const range = { minimum: Duration.fromInputUnsafe(shortest), maximum: Duration.fromInputUnsafe(longest) }
  const isAllowed = (time: Duration.Input) => Duration.between(Duration.fromInputUnsafe(time), range)
  const rule = InvalidInput.rule("duration", `${Duration.format(range.minimum)} to ${Duration.format(range.maximum)}`)
  return Schema.optional(Time.check(Schema.makeFilter(isAllowed, rule)))
}

const decodeOptions = InvalidInput.decode(
  "options",
  Schema.Struct({
    environment: EnvironmentKey,
    bootTimeout: time("0 seconds", "10 minutes"),
    whenNotFresh: Schema.optional(Schema.Literals(["serve", "fail"])),
    bootstrap: Schema.optional(Schema.Unknown),
    fetchTimeout: time("10 millis", "10 minutes"),
    pollInterval: time("1 second", "1 day"),
    staleAfter: time("2 seconds", "30 days"),
    retry: Schema.optional(Schema.Struct({
      min: time("10 millis", "1 minute"),
      max: time("10 millis", "1 hour")
    }))
  })
)
