import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { createHash, generateKeyPairSync } from "node:crypto"
import type { SigningKey } from "rulestead/SigningKey"
import * as TemporaryDirectory from "../../../../test/support/TemporaryDirectory.ts"
import { damage, generationsIn, open, quarantinedIn, versionIn } from "../support/backupDisk.ts"
import { complete } from "../support/snapshots.ts"

const hmac = (secret: string): SigningKey => ({
  algorithm: "hmac-sha256",
  secret: Redacted.make(secret.padEnd(32, "-"))
})

const pair = () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
    publicKeyEncoding: { format: "pem", type: "spki" },
    privateKeyEncoding: { format: "pem", type: "pkcs8" }
  })
  return { publicKey, privateKey: Redacted.make(privateKey) }
}

const signing = pair()
const other = pair()
const ed25519: SigningKey = { algorithm: "ed25519", ...signing }
const verifying: SigningKey = { algorithm: "ed25519", publicKey: signing.publicKey }

/** A directory with one backup, signed with this key or with none. */
const savedWith = Effect.fnUntraced(function*(key: SigningKey | undefined) {
  const directory = yield* TemporaryDirectory.make
  yield* (yield* open({ directory, key })).save("prod", complete({ version: 1 }))
  return directory
})

const refusedBy = Effect.fnUntraced(function*(directory: string, key: SigningKey) {
  const loaded = yield* (yield* open({ directory, key })).load("prod")
  assert.isUndefined(loaded.saved)
  assert.strictEqual(quarantinedIn(directory).length, 1)
  return loaded.quarantined
})

/** As somebody would who can write files, and knows the format, but has no key. */
const forge = (bytes: Buffer, signatureLine: string): Buffer => {
  const [first = "", ...lines] = bytes.toString().split("\n").slice(0, -3)
  const body = `${lines.join("\n").replaceAll("\"version\":1", "\"version\":9")}\n`
  const signed = first.length + 1 + body.length
  const total = signed + signatureLine.length + 1 + 65
  const numbers = [total, signed].map((length) => String(length).padStart(16, "0")).join(" ")
  const text = `${first.slice(0, -33)}${numbers}\n${body}${signatureLine}\n`
  return Buffer.from(`${text}${createHash("sha256").update(text).digest("hex")}\n`)
}

const signatureLineOf = (bytes: Buffer): string => bytes.toString().split("\n").at(-3) ?? ""

describe("signature", () => {
  it.effect("is accepted by who has the key, also if the key can only verify", () =>
    Effect.gen(function*() {
      for (const [key, reader] of [[hmac("a"), hmac("a")], [ed25519, ed25519], [ed25519, verifying]] as const) {
        const directory = yield* savedWith(key)
        assert.strictEqual(yield* versionIn({ directory, key: reader }), 1)
      }
    }))

  it.effect("does not keep out who asks for none", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* versionIn({ directory: yield* savedWith(hmac("a")) }), 1)
      assert.strictEqual(yield* versionIn({ directory: yield* savedWith(ed25519) }), 1)
    }))

  it.effect("is missed where there is none, or another", () =>
    Effect.gen(function*() {
      const cases = [
        [undefined, hmac("a")],
        [undefined, ed25519],
        [undefined, verifying],
        [hmac("b"), hmac("a")],
        [hmac("a"), ed25519],
        [ed25519, hmac("a")],
        [{ algorithm: "ed25519", ...other }, ed25519],
        [{ algorithm: "ed25519", ...other }, verifying]
      ] as const
      for (const [writer, reader] of cases) {
        assert.deepStrictEqual(yield* refusedBy(yield* savedWith(writer), reader), ["signature"])
      }
    }))

  it.effect("does not cover what was changed, even by somebody who knows the format", () =>
    Effect.gen(function*() {
      for (const key of [hmac("a"), ed25519]) {
        const directory = yield* savedWith(key)
        damage(generationsIn(directory)[0], (bytes) => forge(bytes, signatureLineOf(bytes)))
        assert.deepStrictEqual(yield* refusedBy(directory, key), ["signature"])
      }
    }))

  it.effect("is nothing that could be made up", () =>
    Effect.gen(function*() {
      const lines = [
        "",
        "unsigned",
        "hmac-sha256 ",
        `hmac-sha256 ${"0".repeat(64)}`,
        `hmac-sha256 ${"z".repeat(64)}`,
        "ed25519 ",
        `ed25519 ${"0".repeat(128)}`,
        `ed25519 ${"0".repeat(126)}`
      ]
      for (const key of [hmac("a"), verifying]) {
        for (const line of lines) {
          const directory = yield* savedWith(undefined)
          damage(generationsIn(directory)[0], (bytes) => forge(bytes, line))
          assert.deepStrictEqual(yield* refusedBy(directory, key), ["signature"])
        }
      }
    }))

  it.effect("cannot be given with a key that only verifies: nothing is saved, and what is there stays", () =>
    Effect.gen(function*() {
      const directory = yield* savedWith(ed25519)
      const { save } = yield* open({ directory, key: verifying })
      const error = yield* Effect.flip(save("prod", complete({ version: 2 })))
      assert.strictEqual(error.message, "Snapshot backup: the key given verifies, but cannot sign")
      assert.strictEqual(yield* versionIn({ directory, key: verifying }), 1)
    }))
})

describe("keys", () => {
  it.effect("that are none are named", () =>
    Effect.gen(function*() {
      const rsa = generateKeyPairSync("rsa", {
        modulusLength: 1024,
        publicKeyEncoding: { format: "pem", type: "spki" },
        privateKeyEncoding: { format: "pem", type: "pkcs8" }
      })
      const { privateKey, publicKey } = signing
      const cases = [
        [{ algorithm: "hmac-sha256", secret: Redacted.make("short") }, "key.secret"],
        [{ algorithm: "ed25519", publicKey: "no key" }, "key.publicKey"],
        [{ algorithm: "ed25519", publicKey: rsa.publicKey }, "key.publicKey"],
        [{ algorithm: "ed25519", publicKey, privateKey: Redacted.make("no key") }, "key.privateKey"],
        [{ algorithm: "ed25519", publicKey, privateKey: Redacted.make(rsa.privateKey) }, "key.privateKey"],
        [{ algorithm: "ed25519", publicKey, privateKey: other.privateKey }, "key.privateKey"]
      ] as const
      for (const [key, path] of cases) {
        const error = yield* Effect.flip(open({ directory: "unused", key }))
        assert.deepStrictEqual(error.problems.map((problem) => problem.path), [path])
        assert.notInclude(JSON.stringify(error), Redacted.value(privateKey).slice(40, 60))
      }
    }))
})
