/** What signatures cost: publishing one changed flag, and installing 10,000, with and without them. */
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { generateKeyPairSync } from "node:crypto"
import { Publisher } from "rulestead/Publisher"
import type { SigningKey } from "rulestead/SigningKey"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import * as SnapshotSigning from "rulestead/SnapshotSigning"
import { environment } from "./catalogue.ts"
import { type Database, Databases } from "./Databases.ts"
import * as Editor from "./Editor.ts"
import { interleave, type Measurement, milliseconds, once, ratio, times } from "./Measurement.ts"
import * as Node from "./Node.ts"
import * as Work from "./Work.ts"

export const signing: Measurement = {
  name: "signing",
  measure: Effect.fnUntraced(
    function*(quick) {
      const databases = yield* Databases
      const unsigned = yield* databases.many
      const { sign, verify } = keys()
      const [few, many] = [yield* databases.create(100), yield* databases.create(10_000)]
      const changes = yield* signAll(many, sign)
      yield* signAll(few, sign)
      const published = yield* interleave({
        without: publish(yield* Editor.make(unsigned)),
        few: publish(yield* Editor.make(few, sign)),
        many: publish(yield* Editor.make(many, sign))
      }, quick ? { rounds: 5, samples: 25 } : { rounds: 21, samples: 25 })
      const feed = Node.feedOf(changes)
      const asking = Node.start(feed, { verify })
      const installed = yield* interleave({
        without: once(Work.total(Node.start(feed))),
        with: once(Work.total(asking)),
        block: once(Work.longestBlock(asking))
      }, { rounds: quick ? 3 : 11, samples: 1 })
      return [
        ratio(
          "publish one changed flag, signed: among 10,000, against among 100",
          times(published.many, published.few),
          1.5
        ),
        ratio(
          "publish one changed flag among 10,000: signed, against not",
          times(published.many, published.without),
          1.5
        ),
        ratio("install 10,000 flags: signed, against not", times(installed.with, installed.without), 3),
        milliseconds("install 10,000 signed flags", installed.with),
        ratio(
          "install 10,000 signed flags: the longest block, against the work",
          times(installed.block, installed.with),
          0.1
        )
      ]
    },
    Effect.scoped,
    Effect.orDie
  )
}

const publish = ({ edit }: Editor.Editor) => Effect.map(edit, ({ took }) => took)

const keys = () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
    publicKeyEncoding: { format: "pem", type: "spki" },
    privateKeyEncoding: { format: "pem", type: "pkcs8" }
  })
  const verify: ReadonlyArray<SigningKey> = [{ algorithm: "ed25519", publicKey }]
  const key: SigningKey = { algorithm: "ed25519", publicKey, privateKey: Redacted.make(privateKey) }
  return { sign: { key }, verify }
}

/** Signs what is there, and answers it. */
const signAll = ({ url }: Database, sign: SnapshotSigning.Options) =>
  Effect.gen(function*() {
    yield* Publisher.use((publisher) => publisher.sign(environment))
    return yield* SnapshotFeed.use((feed) => feed.changesSince(environment, undefined))
  }).pipe(Effect.provide(Layer.provide(Postgres.layer({ url }), SnapshotSigning.layer(sign))))
