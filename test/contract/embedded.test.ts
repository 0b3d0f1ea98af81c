import * as Embedded from "@rulestead/postgres/Embedded"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"
import * as SigningContract from "./SigningContract.ts"
import * as StoreContract from "./StoreContract.ts"

const options = Effect.map(TemporaryDirectory.make, (directory) => ({ directory, retention: StoreContract.retention }))

StoreContract.suite("the embedded store", Layer.unwrap(Effect.map(options, Embedded.layer)))

const publishers = Layer.effect(
  SigningContract.Publishers,
  Effect.map(options, (options) => SigningContract.publishers(Layer.orDie(Embedded.layer(options))))
)

SigningContract.suite("the embedded store, signed", publishers)
