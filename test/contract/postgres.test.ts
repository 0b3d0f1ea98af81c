import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestDatabase } from "../support/TestDatabase.ts"
import * as StoreContract from "./StoreContract.ts"

const layer = Effect.map(
  TestDatabase,
  ({ url }) => Postgres.layerMigrated({ url, retention: StoreContract.retention })
).pipe(Layer.unwrap, Layer.provide(TestDatabase.layer))

StoreContract.suite("the store on a Postgres server", layer)
