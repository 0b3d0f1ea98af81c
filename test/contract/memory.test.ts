import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Publisher } from "rulestead/Publisher"
import type { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import type { StoreBackend } from "rulestead/StoreBackend"
import * as StoreMemory from "rulestead/StoreMemory"
import * as BackendContract from "./BackendContract.ts"
import * as SigningContract from "./SigningContract.ts"
import * as StoreContract from "./StoreContract.ts"

const options = { retention: StoreContract.retention }

StoreContract.suite("the store in memory", StoreMemory.layer(options))

BackendContract.suite("the backend in memory", StoreMemory.layerBackend(options))

const publishers = Layer.effect(
  SigningContract.Publishers,
  Effect.map(Effect.context<StoreBackend | SnapshotFeed>(), (backend) =>
    SigningContract.publishers(
      Layer.merge(Store.layer, Publisher.layer).pipe(Layer.provideMerge(Layer.succeedContext(backend)))
    ))
)

SigningContract.suite("the store in memory, signed", Layer.provide(publishers, StoreMemory.layerBackend(options)))
