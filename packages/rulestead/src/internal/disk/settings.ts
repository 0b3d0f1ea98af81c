/**
 * The options of a disk backup, checked.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as InvalidInput from "../../InvalidInput.ts"
import { SigningKey } from "../../SigningKey.ts"
import type { Options } from "../../SnapshotBackupDisk.ts"
import { isDuration } from "../durations.ts"
import * as Signature from "../signature.ts"

export interface Settings {
  readonly directory: string
  readonly application: string
  /** Milliseconds; may be infinite. */
  readonly maxAge: number
  readonly signature: Signature.Signature
  readonly quarantineLimit: number
}

const subject = "backup options"

export const decode = Effect.fnUntraced(
  function*(options: Options): Effect.fn.Return<Settings, InvalidInput.InvalidInput> {
    const { application = "", directory, key, maxAge, quarantineLimit = 4 } = yield* decodeOptions(options)
    return {
      directory,
      application,
      maxAge: maxAge === undefined ? Infinity : Duration.toMillis(maxAge),
      signature: key === undefined ? Signature.none : yield* Signature.make(key, "backup", { subject, path: ["key"] }),
      quarantineLimit
    }
  }
)

const isPositiveDuration = (input: unknown): input is Duration.Input =>
  isDuration(input) && Duration.isPositive(Duration.fromInputUnsafe(input))

const Age = Schema.declare(isPositiveDuration, { expected: "a duration longer than none, such as \"7 days\"" })

const Directory = Schema.String.check(
  Schema.makeFilter(
    (directory: string) => directory.trim() !== "" && !directory.includes("\0"),
    InvalidInput.rule("directory", "the path of a directory")
  )
)

const Limit = Schema.Finite.check(
  Schema.makeFilter(
    (limit: number) => Number.isSafeInteger(limit) && limit >= 0,
    InvalidInput.rule("quarantine_limit", "a whole number, 0 or more")
  )
)

const decodeOptions = InvalidInput.decode(
  subject,
  Schema.Struct({
    directory: Directory,
    application: Schema.optional(Schema.String),
    maxAge: Schema.optional(Age),
    key: Schema.optional(SigningKey),
    quarantineLimit: Schema.optional(Limit)
  })
)
