/**
 * Secrets that came as text.
 */
import * as Redacted from "effect/Redacted"
import type * as Keys from "rulestead/SigningKey"
import type { SigningKey } from "../SigningKey.ts"

/** What is no key, as callers without types may pass it, is left to those who refuse it. */
export const redactedKey = (key: SigningKey): Keys.SigningKey => {
  if (typeof key !== "object" || key === null) return key
  if (key.algorithm === "hmac-sha256") return { ...key, secret: redacted(key.secret) }
  const { privateKey, ...publicPart } = key
  return privateKey === undefined ? publicPart : { ...publicPart, privateKey: redacted(privateKey) }
}

const redacted = (secret: Redacted.Redacted | string): Redacted.Redacted =>
  typeof secret === "string" ? Redacted.make(secret) : secret
