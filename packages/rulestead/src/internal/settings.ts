/**
 * The options of a cache, checked. Times are milliseconds.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as InvalidInput from "../InvalidInput.ts"
import { EnvironmentKey } from "../Key.ts"
import { SigningKey } from "../SigningKey.ts"
import type { Options } from "../SnapshotCache.ts"
import type { Changes } from "../SnapshotFeed.ts"
import type { Backoff } from "./backoff.ts"
import { millis, time } from "./durations.ts"
import * as Signature from "./signature.ts"

export interface Settings {
  readonly environment: string
  readonly bootTimeout: number
  readonly whenNotFresh: "serve" | "fail"
  readonly bootstrap: Changes | undefined
  /** Absent where signatures are not asked for. */
  readonly verify: Signature.Verify | undefined
  readonly fetchTimeout: number
  readonly pollInterval: number
  readonly staleAfter: number
  readonly retry: Backoff
  readonly background: boolean
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
      verify: given.verify === undefined
        ? undefined
        : yield* Signature.makeVerify(given.verify, "snapshot", { subject: "options", path: ["verify"] }),
      fetchTimeout: millis(given.fetchTimeout, 10_000),
      pollInterval,
      staleAfter: millis(given.staleAfter, 4 * pollInterval),
      retry: { min: millis(given.retry?.min, 250), max: millis(given.retry?.max, 30_000) },
      background: given.background ?? true
    }
    const refused = InvalidInput.refuse("options", options, [...contradictions(settings)])
    return refused === undefined ? settings : yield* refused
  }
)

function* contradictions({ pollInterval, retry, staleAfter }: Settings): Iterable<InvalidInput.Violation> {
  if (staleAfter < 2 * pollInterval) {
    yield { path: ["staleAfter"], rule: "stale_after", allowed: "at least twice pollInterval" }
  }
  if (retry.max < retry.min) yield { path: ["retry", "max"], rule: "retry", allowed: "at least retry.min" }
}

const Keys = Schema.Array(SigningKey).check(
  Schema.makeFilter((keys: ReadonlyArray<SigningKey>) => keys.length > 0, InvalidInput.rule("keys", "at least one key"))
)

const decodeOptions = InvalidInput.decode(
  "options",
  Schema.Struct({
    environment: EnvironmentKey,
    bootTimeout: time("0 seconds", "10 minutes"),
    whenNotFresh: Schema.optional(Schema.Literals(["serve", "fail"])),
    bootstrap: Schema.optional(Schema.Unknown),
    verify: Schema.optional(Keys),
    fetchTimeout: time("10 millis", "10 minutes"),
    pollInterval: time("1 second", "1 day"),
    staleAfter: time("2 seconds", "30 days"),
    retry: Schema.optional(Schema.Struct({
      min: time("10 millis", "1 minute"),
      max: time("10 millis", "1 hour")
    })),
    background: Schema.optional(Schema.Boolean)
  })
)
