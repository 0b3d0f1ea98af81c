/** Keys, and what a publisher who has one would have signed. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { generateKeyPairSync } from "node:crypto"
import type { SigningKey } from "rulestead/SigningKey"
import type { Head, StoredEntry } from "rulestead/Snapshot"
import type { Changes } from "rulestead/SnapshotFeed"
import * as Seal from "../../src/internal/seal.ts"
import * as SetHash from "../../src/internal/setHash.ts"
import * as Signature from "../../src/internal/signature.ts"

export const hmac = (secret: string): SigningKey => ({
  algorithm: "hmac-sha256",
  secret: Redacted.make(secret.padEnd(32, "-"))
})

/** A new pair: the key that signs, and the one that only verifies. */
export const pair = () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
    publicKeyEncoding: { format: "pem", type: "spki" },
    privateKeyEncoding: { format: "pem", type: "pkcs8" }
  })
  const verifying: SigningKey = { algorithm: "ed25519", publicKey }
  const signing: SigningKey = { ...verifying, privateKey: Redacted.make(privateKey) }
  return { signing, verifying }
}

export const setOf = (entries: ReadonlyArray<StoredEntry>): SetHash.SetHash => {
  const sum = new SetHash.Sum(SetHash.empty)
  for (const entry of entries) if (entry.content !== null) sum.add(Seal.elementOf(entry))
  return sum.hash
}

/** How a holder of the key signs heads over the entries that a snapshot has. */
export const signerOf = Effect.fnUntraced(function*(key: SigningKey) {
  const { signer } = yield* Signature.make(key, "snapshot", { subject: "test", path: [] })
  return (head: Head, entries: ReadonlyArray<StoredEntry>): Head => ({
    ...head,
    signature: signer?.sign(Seal.digestOf(head, setOf(entries))) ?? ""
  })
})

/** A complete snapshot, signed. */
export const sealed = (key: SigningKey, { complete, entries, head }: Changes) =>
  Effect.map(signerOf(key), (sign): Changes => ({ complete, entries, head: sign(head, entries) }))
