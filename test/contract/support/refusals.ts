/** Commands that must be refused. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { InvalidInput } from "rulestead/InvalidInput"
import type { Publisher } from "rulestead/Publisher"
import type { Store } from "rulestead/Store"
import {
  AlreadyExists,
  AudienceArchived,
  AudienceInUse,
  Conflict,
  Denied,
  FlagArchived,
  NotFound,
  StalePreview,
  type StoreUnavailable
} from "rulestead/StoreError"

const Refusal = Schema.Union([
  InvalidInput,
  AlreadyExists,
  AudienceArchived,
  AudienceInUse,
  Conflict,
  Denied,
  FlagArchived,
  NotFound,
  StalePreview
])

/** Some command, which may be refused. */
export type Command = Effect.Effect<object | void, typeof Refusal.Type | StoreUnavailable, Store | Publisher>

const encode = Schema.encodeUnknownEffect(Refusal)

/** The command fails with the error that looks like this on a wire. */
export const refused = Effect.fnUntraced(function*<A, E, R>(
  command: Effect.Effect<A, E, R>,
  expected: typeof Refusal.Encoded
) {
  assert.deepStrictEqual(yield* encode(yield* Effect.flip(command)), expected)
})

/** The command fails with exactly these problems, each as `path (rule)`. */
export const invalid = Effect.fnUntraced(function*<A, E, R>(
  command: Effect.Effect<A, E, R>,
  ...problems: Array<string>
) {
  const error = yield* encode(yield* Effect.flip(command))
  assert.deepStrictEqual(
    error._tag === "InvalidInput" ? error.problems.map(({ path, rule }) => `${path} (${rule})`) : error,
    problems
  )
})

export const notFound = (resource: typeof NotFound.Encoded["resource"], key: string) =>
  ({ _tag: "NotFound", resource, key }) as const
