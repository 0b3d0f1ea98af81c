/**
 * The options of commands, checked like any other document.
 */
import * as Schema from "effect/Schema"
import * as Audit from "../../Audit.ts"
import { decode, rule } from "../../InvalidInput.ts"
import { EnvironmentKey, FlagKey } from "../../Key.ts"
import { Percentage } from "../../Percentage.ts"
import { Value } from "../../Value.ts"

const text = (name: string, max: number) =>
  Schema.String.check(Schema.makeFilter((text: string) => text.length <= max, rule(name, `at most ${max} characters`)))

const whole = (name: string, min: number, max: number, allowed: string) =>
  Schema.Finite.check(
    Schema.makeFilter(
      (value: number) => !Number.isFinite(value) || (Number.isInteger(value) && value >= min && value <= max),
      rule(name, allowed)
    )
  )

const Revision = whole("revision", 0, Number.MAX_SAFE_INTEGER, "the revision that the write is based on, 0 or more")

const Limit = whole("limit", 1, 1000, "a whole number from 1 to 1000")

const Position = whole("position", 0, Number.MAX_SAFE_INTEGER, "how many rules are before it, 0 or more")

const Version = whole("version", 0, Number.MAX_SAFE_INTEGER, "the version of a ruleset")

const Time = whole("time", 0, 8_640_000_000_000_000, "milliseconds since 1970")

const writeFields = {
  reason: Schema.optional(text("reason", 2000)),
  correlationId: Schema.optional(text("correlation_id", 255))
}

const killFields = {
  ...writeFields,
  expected: Schema.Union([Revision, Schema.Literal("any")])
}

const pageFields = {
  after: Schema.optional(FlagKey),
  limit: Schema.optional(Limit)
}

export const decodeWrite = decode("options", Schema.Struct(writeFields))

const changeFields = { ...writeFields, expected: Revision }

export const decodeChange = decode("options", Schema.Struct(changeFields))

export const decodeAudienceChange = decode(
  "options",
  Schema.Struct({ ...changeFields, impact: Schema.optional(Schema.String) })
)

export const decodePosition = decode("position", Position)

export const decodeRollout = decode("rollout", Schema.Struct({ rule: Schema.String, percentage: Percentage }))

export const decodeEngage = decode("options", Schema.Struct({ ...killFields, value: Schema.optional(Value) }))

export const decodeRelease = decode("options", Schema.Struct(killFields))

export const decodePage = decode(
  "options",
  Schema.Struct({ ...pageFields, archived: Schema.optional(Schema.Boolean) })
)

export const decodeFlags = decode(
  "options",
  Schema.Struct({
    ...pageFields,
    archived: Schema.optional(Schema.Boolean),
    tags: Schema.optional(Schema.Array(text("tag", 64))),
    owner: Schema.optional(text("owner", 255))
  })
)

export const decodeHistory = decode(
  "options",
  Schema.Struct({ before: Schema.optional(Version), limit: Schema.optional(Limit) })
)

export const decodeAudit = decode(
  "options",
  Schema.Struct({
    key: Schema.optional(FlagKey),
    environment: Schema.optional(EnvironmentKey),
    actor: Schema.optional(text("actor", 255)),
    actions: Schema.optional(Schema.Array(Audit.Action)),
    result: Schema.optional(Audit.Result),
    correlationId: writeFields.correlationId,
    since: Schema.optional(Time),
    until: Schema.optional(Time),
    before: Schema.optional(whole("event", 0, Number.MAX_SAFE_INTEGER, "the id of an event")),
    limit: Schema.optional(Limit)
  })
)

/** How many rows a list answers unless told. */
export const defaultLimit = 100
