import * as StoreMemory from "rulestead/StoreMemory"
import * as BackendContract from "./BackendContract.ts"
import * as StoreContract from "./StoreContract.ts"

const options = { retention: StoreContract.retention }

StoreContract.suite("the store in memory", StoreMemory.layer(options))

BackendContract.suite("the backend in memory", StoreMemory.layerBackend(options))
