/**
 * The key that snapshots and backups are signed and verified with.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { createPublicKey } from "node:crypto"

const Secret = Schema.declare(
  (input: unknown): input is Redacted.Redacted =>
    Redacted.isRedacted(input) && typeof Redacted.value(input) === "string",
  { expected: "a Redacted string" }
)

/**
 * - `hmac-sha256`: one secret of at least 32 bytes signs and verifies. Whoever can verify can sign.
 * - `ed25519`: the private key signs, the public key verifies; both in PEM. Nodes need the public key alone.
 *
 * **Example**
 *
 * ```ts
 * import * as Redacted from "effect/Redacted"
 * import type { SigningKey } from "rulestead/SigningKey"
 *
 * const key: SigningKey = {
 *   algorithm: "hmac-sha256",
 *   secret: Redacted.make("a secret of 32 bytes or more, from a secret store")
 * }
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const SigningKey = Schema.Union([
  Schema.Struct({ algorithm: Schema.Literal("hmac-sha256"), secret: Secret }),
  Schema.Struct({
    algorithm: Schema.Literal("ed25519"),
    publicKey: Schema.String,
    privateKey: Schema.optional(Secret)
  })
])

/**
 * @category models
 * @since 0.1.0
 */
export type SigningKey = typeof SigningKey.Type

/**
 * The keys in a text: every private or public key in PEM that is in it, or else the text as a secret. Line ends may be
 * written as `\n`. Whether they are usable is seen where they are used.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromText = (text: Redacted.Redacted): ReadonlyArray<SigningKey> => {
  const [, ...pems] = Redacted.value(text).replaceAll("\\n", "\n").split(pemBegin)
  return pems.length === 0
    ? [{ algorithm: "hmac-sha256", secret: text }]
    : pems.map((pem) => fromPem(`${pemBegin}${pem}`))
}

const pemBegin = "-----BEGIN "

const fromPem = (pem: string): SigningKey => {
  if (!pem.includes("PRIVATE KEY")) return { algorithm: "ed25519", publicKey: pem }
  const publicKey = Result.try(() => createPublicKey(pem).export({ format: "pem", type: "spki" }).toString())
  return {
    algorithm: "ed25519",
    publicKey: Result.getOrElse(publicKey, () => ""),
    privateKey: Redacted.make(pem)
  }
}

/**
 * {@link fromText}, from a setting.
 *
 * @category configuration
 * @since 0.1.0
 */
export const config = (name: string): Config.Config<ReadonlyArray<SigningKey>> =>
  Config.map(Config.Redacted(name), fromText)
