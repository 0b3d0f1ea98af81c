/**
 * Keys for signatures, in plain Node.js code: the secret parts of a key may be plain text.
 *
 * @since 0.1.0
 */
import * as Redacted from "effect/Redacted"
import * as Keys from "rulestead/SigningKey"

/**
 * - `hmac-sha256`: one secret of at least 32 bytes signs and verifies. Whoever can verify can sign.
 * - `ed25519`: the private key signs, the public key verifies; both in PEM. Nodes need the public key alone.
 *
 * Secrets are taken as text, or as a `Redacted` of Effect 4. Text is redacted at once: it is in no log and in no error.
 *
 * **Example**
 *
 * ```ts
 * import { createRulestead } from "@rulestead/node"
 *
 * await using rulestead = await createRulestead({
 *   environment: "prod",
 *   url: "postgres://localhost/shop",
 *   backup: {
 *     directory: "/var/lib/shop/flags",
 *     key: { algorithm: "hmac-sha256", secret: process.env["FLAGS_BACKUP_SECRET"] ?? "" }
 *   }
 * })
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export type SigningKey =
  | { readonly algorithm: "hmac-sha256"; readonly secret: Redacted.Redacted | string }
  | {
    readonly algorithm: "ed25519"
    readonly publicKey: string
    readonly privateKey?: Redacted.Redacted | string | undefined
  }

/**
 * The keys in a text: every private or public key in PEM that is in it, or else the text as a secret. Line ends may be
 * written as `\n`. Whether they are usable is seen where they are used.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromText = (text: string): ReadonlyArray<SigningKey> => Keys.fromText(Redacted.make(text))
