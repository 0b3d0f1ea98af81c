import * as Embedded from "@rulestead/postgres/Embedded"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"
import * as StoreContract from "./StoreContract.ts"

const layer = Layer.unwrap(
  Effect.map(TemporaryDirectory.make, (directory) => Embedded.layer({ directory, retention: StoreContract.retention }))
)

StoreContract.suite("the embedded store", layer)
