/**
 * Proof that something was made by a holder of a key. One line of text over the SHA-256 of what is signed.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify
} from "node:crypto"
import * as InvalidInput from "../InvalidInput.ts"
import type { SigningKey } from "../SigningKey.ts"
import { formatPath } from "./path.ts"

export interface Signer {
  /** Characters of every signature. */
  readonly length: number
  readonly sign: (digest: Uint8Array) => string
}

export type Verify = (digest: Uint8Array, signature: string) => boolean

export interface Signature {
  /** Absent where there is only a public key. */
  readonly signer: Signer | undefined
  readonly verify: Verify
}

/** What is signed. It keeps the signatures of one purpose from being taken for those of another. */
export type Purpose = "backup" | "snapshot"

/** Signs nothing and asks for nothing. */
export const none: Signature = {
  signer: { length: "unsigned".length, sign: () => "unsigned" },
  verify: () => true
}

/** Where the key was given, for those who are told that it is none. */
export interface Place {
  readonly subject: string
  readonly path: ReadonlyArray<PropertyKey>
}

export const make = (
  key: SigningKey,
  purpose: Purpose,
  place: Place
): Effect.Effect<Signature, InvalidInput.InvalidInput> => {
  const use: Use = {
    message: (digest) => Buffer.concat([Buffer.from(`rulestead-${purpose}\n`), digest]),
    refuse: (field, allowed) => {
      const path = formatPath([...place.path, field])
      const problem = { path, rule: "key", allowed, found: "another text" }
      return Effect.fail(new InvalidInput.InvalidInput({ subject: place.subject, problems: [problem] }))
    }
  }
  return key.algorithm === "hmac-sha256" ? hmac(key.secret, use) : ed25519(key, use)
}

/** Verifies what any of the keys has signed. */
export const makeVerify = (
  keys: ReadonlyArray<SigningKey>,
  purpose: Purpose,
  { path, subject }: Place
): Effect.Effect<Verify, InvalidInput.InvalidInput> =>
  Effect.map(
    Effect.forEach(keys, (key, index) => make(key, purpose, { subject, path: [...path, index] })),
    (signatures) => (digest, signature) => signatures.some(({ verify }) => verify(digest, signature))
  )

interface Use {
  readonly message: (digest: Uint8Array) => Buffer
  readonly refuse: (field: string, allowed: string) => Effect.Effect<never, InvalidInput.InvalidInput>
}

const minSecretBytes = 32

const hmac = (
  secret: Redacted.Redacted,
  { message, refuse }: Use
): Effect.Effect<Signature, InvalidInput.InvalidInput> => {
  const bytes = Buffer.from(Redacted.value(secret))
  if (bytes.length < minSecretBytes) return refuse("secret", `a secret of at least ${minSecretBytes} bytes`)
  const key = createSecretKey(bytes)
  const sign = (digest: Uint8Array) => `hmac-sha256 ${createHmac("sha256", key).update(message(digest)).digest("hex")}`
  return Effect.succeed({
    signer: { length: "hmac-sha256 ".length + 64, sign },
    verify: (digest, signature) => {
      const expected = Buffer.from(sign(digest))
      const found = Buffer.from(signature)
      return found.length === expected.length && timingSafeEqual(found, expected)
    }
  })
}

const ed25519 = Effect.fnUntraced(function*(
  key: Extract<SigningKey, { readonly algorithm: "ed25519" }>,
  { message, refuse }: Use
): Effect.fn.Return<Signature, InvalidInput.InvalidInput> {
  const publicKey = readKey(() => createPublicKey(key.publicKey))
  if (publicKey === undefined) return yield* refuse("publicKey", "an Ed25519 public key in PEM")
  const isSigned: Verify = (digest, signature) => {
    const hex = /^ed25519 ([0-9a-f]{128})$/.exec(signature)?.[1]
    return hex !== undefined && verify(null, message(digest), publicKey, Buffer.from(hex, "hex"))
  }
  if (key.privateKey === undefined) return { signer: undefined, verify: isSigned }
  const pem = Redacted.value(key.privateKey)
  const privateKey = readKey(() => createPrivateKey(pem))
  if (privateKey === undefined) return yield* refuse("privateKey", "an Ed25519 private key in PEM")
  const signer: Signer = {
    length: "ed25519 ".length + 128,
    sign: (digest) => `ed25519 ${sign(null, message(digest), privateKey).toString("hex")}`
  }
  const probe = new Uint8Array(32)
  if (!isSigned(probe, signer.sign(probe))) {
    return yield* refuse("privateKey", "the private key that belongs to the public key")
  }
  return { signer, verify: isSigned }
})

const readKey = (read: () => KeyObject): KeyObject | undefined => {
  const key = Result.try(read)
  return Result.isSuccess(key) && key.success.asymmetricKeyType === "ed25519" ? key.success : undefined
}
