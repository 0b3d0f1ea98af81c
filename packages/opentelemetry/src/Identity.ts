/**
 * What an event says of whom a decision was about, if anything.
 *
 * @since 0.1.0
 */
import * as Redacted from "effect/Redacted"
import { createHmac } from "node:crypto"

/**
 * Makes the `feature_flag.context.id` of a targeting key. `(key) => key` reveals it.
 *
 * @category models
 * @since 0.1.0
 */
export type Identity = (targetingKey: string) => string

/**
 * HMAC-SHA-256 of the targeting key, the first 128 bits in hexadecimal. Who does not know the secret can tell whether two
 * events are about one identity, and not which. Another secret makes other identities; use the same on all nodes. Throws
 * a `RangeError` where there is no secret.
 *
 * @category constructors
 * @since 0.1.0
 */
export const hashed = (secret: string | Redacted.Redacted): Identity => {
  const key = Redacted.isRedacted(secret) ? Redacted.value(secret) : secret
  if (key === "") throw new RangeError("Identities cannot be hashed without a secret")
  return (targetingKey) => createHmac("sha256", key).update(targetingKey).digest("hex").slice(0, 32)
}
