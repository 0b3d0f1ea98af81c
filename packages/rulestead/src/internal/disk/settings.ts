/**
 * The options of a disk backup, checked.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as InvalidInput from "../../InvalidInput.ts"
import type { Options } from "../../SnapshotBackupDisk.ts"
import * as Signature from "./signature.ts"

export interface Settings {
  readonly directory: string
  readonly application: string
  /** Milliseconds; may be infinite. */
  readonly maxAge: number
  readonly signature: Signature.Signature
  readonly quarantineLimit: number
}

export const decode = Effect.fnUntraced(
  function*(options: Options): Effect.fn.Return<Settings, InvalidInput.InvalidInput> {
    const { application = "", directory, maxAge, quarantineLimit = 4 } = yield* decodeOptions(options)
    return {
      directory,
      application,
      maxAge: maxAge === undefined ? Infinity : Duration.toMillis(maxAge),
      signature: options.key === undefined ? Signature.none : yield* Signature.make(options.key),
      quarantineLimit
    }
  }
)

const isPositiveDuration = (input: unknown): input is Duration.Input =>
  isCandidate(input) && Option.exists(Duration.fromInput(input), Duration.isPositive)

const isCandidate = (input: unknown): input is Duration.Input =>
  typeof input === "object" || typeof input === "string" || typeof input === "number" || typeof input === "bigint"

const Age = Schema.declare(isPositiveDuration, { expected: "a duration longer than none, such as \"7 days\"" })

const Directory = Schema.String.check(
  Schema.makeFilter(
    (directory: string) => directory.trim() !== "" && !directory.includes("\0"),
    InvalidInput.rule("directory", "the path of a directory")
  )
)

const Secret = Schema.declare((input: unknown) => Redacted.isRedacted(input), { expected: "a Redacted string" })

const Limit = Schema.Finite.check(
  Schema.makeFilter(
    (limit: number) => Number.isSafeInteger(limit) && limit >= 0,
    InvalidInput.rule("quarantine_limit", "a whole number, 0 or more")
  )
)

const decodeOptions = InvalidInput.decode(
  "backup options",
  Schema.Struct({
    directory: Directory,
    application: Schema.optional(Schema.String),
    maxAge: Schema.optional(Age),
    key: Schema.optional(Schema.Union([
      Schema.Struct({ algorithm: Schema.Literal("hmac-sha256"), secret: Secret }),
      Schema.Struct({
        algorithm: Schema.Literal("ed25519"),
        publicKey: Schema.String,
        privateKey: Schema.optional(Secret)
      })
    ])),
    quarantineLimit: Schema.optional(Limit)
  })
)
