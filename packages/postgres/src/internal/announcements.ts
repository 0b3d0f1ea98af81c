import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Announcement } from "rulestead/SnapshotFeed"

const Payload = Schema.fromJsonString(Schema.Struct({ environment: Schema.String, version: Schema.Natural }))

/** One channel tells of all environments in a schema. */
export const channel = (schema: string): string => schema

/** What to notify when a snapshot is committed. */
export const encode = Schema.encodeSync(Payload)

/** What a payload means for those who wait for an environment. Anybody can notify: what is not ours means nothing. */
export const decode = (environment: string, payload: string): ReadonlyArray<Announcement> =>
  Option.match(decodePayload(payload), {
    onNone: () => [],
    onSome: (announced) =>
      announced.environment === environment ? [{ _tag: "Announced", version: announced.version }] : []
  })

const decodePayload = Schema.decodeOption(Payload)
