import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { generateKeyPairSync } from "node:crypto"
import { Publisher } from "rulestead/Publisher"
import * as Rulestead from "rulestead/Rulestead"
import { fromText } from "rulestead/SigningKey"
import * as SnapshotSigning from "rulestead/SnapshotSigning"
import { Store } from "rulestead/Store"
import * as StoreMemory from "rulestead/StoreMemory"
import { hmac, pair } from "./support/signing.ts"

const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
  publicKeyEncoding: { format: "pem", type: "spki" },
  privateKeyEncoding: { format: "pem", type: "pkcs8" }
})

const keysIn = (text: string) =>
  fromText(Redacted.make(text)).map((key) =>
    key.algorithm === "hmac-sha256"
      ? { secret: Redacted.value(key.secret) }
      : { publicKey: key.publicKey, isPrivate: key.privateKey !== undefined }
  )

const setting = (environment: Record<string, string>) =>
  ConfigProvider.layer(ConfigProvider.fromEnv({ env: environment }))

describe("a text", () => {
  it("has the keys in PEM that are in it, or is a secret", () => {
    assert.deepStrictEqual(keysIn(privateKey), [{ publicKey, isPrivate: true }])
    assert.deepStrictEqual(keysIn(publicKey), [{ publicKey, isPrivate: false }])
    assert.deepStrictEqual(keysIn(`${publicKey}${privateKey}`).map((key) => "isPrivate" in key && key.isPrivate), [
      false,
      true
    ])
    assert.deepStrictEqual(keysIn(publicKey.replaceAll("\n", "\\n")), [{ publicKey, isPrivate: false }])
    assert.deepStrictEqual(keysIn("a secret, whatever is in it"), [{ secret: "a secret, whatever is in it" }])
  })

  it.effect("with half a key in PEM is none, and no secret", () =>
    Effect.gen(function*() {
      for (const text of [privateKey.slice(0, 60), publicKey.slice(0, 60)]) {
        const [key] = fromText(Redacted.make(text))
        assert.strictEqual(key?.algorithm, "ed25519")
        if (key === undefined) continue
        const error = yield* Effect.flip(Effect.scoped(Layer.build(SnapshotSigning.layer({ key }))))
        assert.strictEqual(error.problems[0].path, "key.publicKey")
      }
    }))
})

describe("settings", () => {
  const headWith = (environment: Record<string, string>) =>
    Effect.gen(function*() {
      yield* Store.use((store) => store.createEnvironment({ key: "prod", name: "Production" }))
      return yield* Publisher.use((publisher) => publisher.sign("prod"))
    }).pipe(
      Effect.provide(
        StoreMemory.layer().pipe(
          Layer.provide(SnapshotSigning.layerConfig),
          Layer.provide(setting(environment)),
          Layer.fresh
        )
      )
    )

  it.effect("say how publishers sign, if they do", () =>
    Effect.gen(function*() {
      assert.notProperty(yield* headWith({}), "signature")
      assert.match((yield* headWith({ RULESTEAD_SIGNING_KEY: privateKey })).signature ?? "", /^ed25519 /)
      assert.match((yield* headWith({ RULESTEAD_SIGNING_KEY: "-".repeat(32) })).signature ?? "", /^hmac-sha256 /)
      const error = yield* Effect.flip(headWith({ RULESTEAD_SIGNING_KEY: publicKey }))
      assert.deepInclude(error, { _tag: "InvalidInput", subject: "signing options" })
    }))

  it.effect("say what nodes ask signatures of, if they do", () =>
    Effect.gen(function*() {
      const verifyWith = (environment: Record<string, string>) =>
        Effect.map(Effect.provide(Rulestead.config, setting({ RULESTEAD_ENVIRONMENT: "prod", ...environment })), ({
          verify
        }) => verify?.length)
      assert.isUndefined(yield* verifyWith({}))
      assert.strictEqual(yield* verifyWith({ RULESTEAD_VERIFY_KEYS: publicKey }), 1)
      assert.strictEqual(yield* verifyWith({ RULESTEAD_VERIFY_KEYS: publicKey + publicKey }), 2)
    }))
})

describe("a key to sign with", () => {
  it.effect("has to be able to, and previous ones are named when they are none", () =>
    Effect.gen(function*() {
      const { signing, verifying } = pair()
      const pathOf = (options: SnapshotSigning.Options) =>
        Effect.map(
          Effect.flip(Effect.scoped(Layer.build(SnapshotSigning.layer(options)))),
          ({ problems: [{ path }] }) => path
        )
      assert.strictEqual(yield* pathOf({ key: verifying }), "key.privateKey")
      const short = { algorithm: "hmac-sha256", secret: Redacted.make("short") } as const
      assert.strictEqual(yield* pathOf({ key: short }), "key.secret")
      assert.strictEqual(yield* pathOf({ key: signing, previous: [hmac("old"), short] }), "previous[1].secret")
    }))
})
