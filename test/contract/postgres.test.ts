import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestDatabase } from "../support/TestDatabase.ts"
import * as SigningContract from "./SigningContract.ts"
import * as StoreContract from "./StoreContract.ts"

const options = Effect.map(TestDatabase, ({ url }) => ({ url, retention: StoreContract.retention }))

StoreContract.suite(
  "the store on a Postgres server",
  options.pipe(Effect.map(Postgres.layerMigrated), Layer.unwrap, Layer.provide(TestDatabase.layer))
)

const publishers = Layer.effect(
  SigningContract.Publishers,
  Effect.map(
    Effect.tap(options, Postgres.migrate),
    (options) => SigningContract.publishers(Layer.orDie(Postgres.layer(options)))
  )
)

SigningContract.suite("the store on a Postgres server, signed", Layer.provide(publishers, TestDatabase.layer))
