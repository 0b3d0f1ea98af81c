/**
 * The commands on flags.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Flag from "../../Flag.ts"
import * as Lifecycle from "../../Lifecycle.ts"
import type { ChangeOptions, FlagOptions, Store, StoredFlag, WriteOptions } from "../../Store.ts"
import { FlagArchived } from "../../StoreError.ts"
import * as Content from "./content.ts"
import type { Desk } from "./desk.ts"
import * as Impact from "./impact.ts"
import * as Options from "./options.ts"
import * as Rows from "./rows.ts"
import * as Staging from "./staging.ts"
import { unarchive } from "./unarchive.ts"

type Commands = Pick<
  Store["Service"],
  "createFlag" | "changeFlag" | "archiveFlag" | "unarchiveFlag" | "flag" | "flags"
>

export const make = (desk: Desk): Commands => {
  const { admit, backend, transaction } = desk
  const table = backend.flags

  const createFlag = Effect.fn("Store.createFlag")(function*(input: Flag.Input, options: WriteOptions = {}) {
    const flag = yield* Flag.decode(input)
    const given = yield* Options.decodeWrite(options)
    const columns = yield* Rows.firstRevision
    const row: StoredFlag = {
      ...flag,
      lifecycle: flag.lifecycle ?? suggested(flag.purpose, columns.createdAt),
      archivedAt: null,
      ...columns
    }
    yield* Content.refuseOversize(Content.flag(row, 0, { rules: [], hashVersion: 1 }), "flag", input, "defaultValue")
    return yield* transaction(create(row, given))
  })

  const create = Effect.fnUntraced(function*(row: StoredFlag, options: WriteOptions) {
    yield* admit({ action: "flag.create", kind: "flag", key: row.key, environments: [] }, options)
    return yield* Rows.create(backend, "flag", table, row, options)
  })

  const changeFlag = Effect.fn("Store.changeFlag")(function*(key: string, input: Flag.Change, options: ChangeOptions) {
    const change = yield* Flag.decodeChange(input)
    const given = yield* Options.decodeChange(options)
    return yield* transaction(revise(key, change, given))
  })

  const revise = Effect.fnUntraced(function*(key: string, change: Flag.Change, options: ChangeOptions) {
    const flag = yield* Rows.find("flag", table, key, "update")
    yield* admit({ action: "flag.change", kind: "flag", key, environments: [] }, options)
    if (flag.archivedAt !== null) return yield* new FlagArchived({ flag: key })
    yield* Rows.expectRevision("flag", key, flag.revision, options.expected)
    return yield* Rows.revise(backend, "flag.change", table, flag, change, options)
  })

  const archiveFlag = Effect.fn("Store.archiveFlag")(function*(key: string, options: ChangeOptions) {
    const given = yield* Options.decodeChange(options)
    return yield* transaction(archive(key, given))
  })

  const archive = Effect.fnUntraced(function*(key: string, options: ChangeOptions) {
    const flag = yield* Rows.find("flag", table, key, "update")
    const states = yield* backend.states.ofFlag(key)
    const live = states.filter(({ rulesetVersion }) => rulesetVersion > 0).map(({ environment }) => environment)
    const environments = yield* Impact.placesOf(backend, live)
    yield* admit({ action: "flag.archive", kind: "flag", key, environments }, options)
    yield* Rows.expectRevision("flag", key, flag.revision, options.expected)
    if (flag.archivedAt !== null) return flag
    const archivedAt = yield* Clock.currentTimeMillis
    const archived = yield* Rows.revise(backend, "flag.archive", table, flag, { archivedAt }, options)
    for (const environment of live) {
      yield* Staging.flag(desk, environment, Content.nothing("flag", key), { live: [] })
    }
    return archived
  })

  const unarchiveFlag = Effect.fn("Store.unarchiveFlag")(function*(key: string, options: ChangeOptions) {
    const given = yield* Options.decodeChange(options)
    return yield* transaction(unarchive(desk, key, given))
  })

  const flags = Effect.fn("Store.flags")(
    function*(options: FlagOptions = {}) {
      const { after, archived, limit, owner, tags } = yield* Options.decodeFlags(options)
      return yield* table.page({
        after: after ?? "",
        limit: limit ?? Options.defaultLimit,
        archived: archived ?? false,
        tags: tags ?? [],
        owner: owner ?? null
      })
    }
  )

  return {
    createFlag,
    changeFlag,
    archiveFlag,
    unarchiveFlag,
    flag: Effect.fn("Store.flag")((key: string) => Rows.find("flag", table, key)),
    flags
  }
}

const suggested = (purpose: Flag.Purpose, now: number): Lifecycle.Lifecycle | null => {
  const mode = Lifecycle.defaultMode(purpose)
  return mode === undefined ? null : Lifecycle.initial(mode, now)
}
