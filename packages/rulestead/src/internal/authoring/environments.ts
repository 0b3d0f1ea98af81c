/**
 * The commands on environments.
 */
import * as Effect from "effect/Effect"
import * as Environment from "../../Environment.ts"
import type { ChangeOptions, Store, WriteOptions } from "../../Store.ts"
import type { Desk } from "./desk.ts"
import * as Options from "./options.ts"
import * as Rows from "./rows.ts"
import * as Snapshots from "./snapshots.ts"

type Commands = Pick<Store["Service"], "createEnvironment" | "changeEnvironment" | "environment" | "environments">

export const make = ({ admit, backend, transaction }: Desk): Commands => {
  const table = backend.environments

  const createEnvironment = Effect.fn("Store.createEnvironment")(
    function*(input: Environment.Input, options: WriteOptions = {}) {
      const environment = yield* Environment.decode(input)
      const given = yield* Options.decodeWrite(options)
      return yield* transaction(create(environment, given))
    }
  )

  const create = Effect.fnUntraced(function*(environment: Environment.Environment, options: WriteOptions) {
    // What does not exist yet is not protected: nothing is served there.
    const place = { key: environment.key, protected: false }
    yield* admit({ action: "environment.create", kind: "environment", key: place.key, environments: [place] }, options)
    const row = yield* Rows.create(
      backend,
      "environment",
      table,
      { ...environment, ...(yield* Rows.firstRevision) },
      options
    )
    yield* Snapshots.create(backend, row.key, row.createdAt)
    return row
  })

  const changeEnvironment = Effect.fn("Store.changeEnvironment")(
    function*(key: string, input: Environment.Change, options: ChangeOptions) {
      const change = yield* Environment.decodeChange(input)
      const given = yield* Options.decodeChange(options)
      return yield* transaction(revise(key, change, given))
    }
  )

  const revise = Effect.fnUntraced(function*(key: string, change: Environment.Change, options: ChangeOptions) {
    const row = yield* Rows.find("environment", table, key, "update")
    yield* admit({ action: "environment.change", kind: "environment", key, environments: [row] }, options)
    yield* Rows.expectRevision("environment", key, row.revision, options.expected)
    return yield* Rows.revise(backend, "environment.change", table, row, change, options)
  })

  return {
    createEnvironment,
    changeEnvironment,
    environment: Effect.fn("Store.environment")((key: string) => Rows.find("environment", table, key)),
    environments: table.all
  }
}
