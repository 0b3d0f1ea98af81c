import * as Result from "effect/Result"
import { X509Certificate } from "node:crypto"

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Whether there are certificates in it, all of which can be read. What can not, Node.js would pass over or die of. */
export const isBundle = (input: unknown): boolean =>
  Array.isArray(input) ? input.length > 0 && input.every(isText) : isText(input)

const isText = (input: unknown): boolean => {
  const found = typeof input === "string" ? input.match(certificate) ?? [] : []
  return found.length > 0 && found.every((text) => Result.isSuccess(Result.try(() => new X509Certificate(text))))
}
