/**
 * Signed snapshots: with a key, a publisher signs what it commits, and nodes that were told to `verify` refuse everything
 * else.
 *
 * A signature covers a snapshot as a whole: its environment, epoch, version and entries, all of them and no others. Once a
 * snapshot is signed, only publishers with a key can go on from it, so that none forgets to sign; `Publisher.sign` is how
 * signing begins, and begins anew.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Signature from "./internal/signature.ts"
import * as InvalidInput from "./InvalidInput.ts"
import * as SigningKey from "./SigningKey.ts"

/**
 * - `key`: signs; it needs its secret or private half.
 * - `previous`: keys whose snapshots are gone on from as well, while one key takes the place of another. The next publish
 *   in an environment signs it with `key`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly key: SigningKey.SigningKey
  readonly previous?: ReadonlyArray<SigningKey.SigningKey> | undefined
}

/**
 * Signs and verifies a digest of 32 bytes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Signing {
  readonly sign: (digest: Uint8Array) => string
  readonly verify: (digest: Uint8Array, signature: string) => boolean
}

/**
 * How `Store` and `Publisher` sign snapshots; by default they do not. It is read when their layers are built.
 *
 * @category references
 * @since 0.1.0
 */
export const Current = Context.Reference<Signing | undefined>("rulestead/SnapshotSigning", {
  defaultValue: () => undefined
})

/**
 * Signs with a key. To be provided to the layer of a store; fails when a key is none, or cannot sign.
 *
 * **Example**
 *
 * ```ts
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 * import * as SnapshotSigning from "rulestead/SnapshotSigning"
 * import * as StoreMemory from "rulestead/StoreMemory"
 *
 * const signing = SnapshotSigning.layer({
 *   key: { algorithm: "hmac-sha256", secret: Redacted.make("a secret of 32 bytes or more, from a secret store") }
 * })
 * const store = StoreMemory.layer().pipe(Layer.provide(signing))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<never, InvalidInput.InvalidInput> =>
  Layer.effect(Current, make(options))

/**
 * As {@link layer}, from the environment: `RULESTEAD_SIGNING_KEY` is the key, as {@link SigningKey.fromText} takes it, and
 * `RULESTEAD_SIGNING_KEYS_PREVIOUS` are previous ones, if it is set. Without a key, nothing is signed.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Layer.Layer<never, Config.ConfigError | InvalidInput.InvalidInput> = Layer.unwrap(
  Effect.map(
    Config.all({
      keys: Config.withDefault(SigningKey.config("RULESTEAD_SIGNING_KEY"), []),
      previous: Config.withDefault(SigningKey.config("RULESTEAD_SIGNING_KEYS_PREVIOUS"), [])
    }),
    ({ keys: [key], previous }) => key === undefined ? Layer.empty : layer({ key, previous })
  )
)

const subject = "signing options"

const make = Effect.fnUntraced(
  function*(options: Options): Effect.fn.Return<Signing, InvalidInput.InvalidInput> {
    const { key, previous = [] } = yield* decode(options)
    const { signer, verify } = yield* Signature.make(key, "snapshot", { subject, path: ["key"] })
    const isOfPrevious = yield* Signature.makeVerify(previous, "snapshot", { subject, path: ["previous"] })
    if (signer === undefined) return yield* cannotSign
    return {
      sign: signer.sign,
      verify: (digest, signature) => verify(digest, signature) || isOfPrevious(digest, signature)
    }
  }
)

const cannotSign = Effect.failSync(() =>
  new InvalidInput.InvalidInput({
    subject,
    problems: [{ path: "key.privateKey", rule: "required", allowed: "a key that can sign", found: "nothing" }]
  })
)

const decode = InvalidInput.decode(
  subject,
  Schema.Struct({ key: SigningKey.SigningKey, previous: Schema.optional(Schema.Array(SigningKey.SigningKey)) })
)
