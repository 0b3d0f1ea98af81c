/**
 * The commands on flags.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Flag from "../../Flag.ts"
import type { ChangeOptions, PageOptions, Store, StoredFlag, WriteOptions } from "../../Store.ts"
import { FlagArchived } from "../../StoreError.ts"
import * as Content from "./content.ts"
import * as Options from "./options.ts"
import * as Rows from "./rows.ts"
import * as Snapshots from "./snapshots.ts"

type Commands = Pick<Store["Service"], "createFlag" | "changeFlag" | "archiveFlag" | "flag" | "flags">

/** The flag, which must not be archived, nor become so before the transaction ends. */
export const findLasting = Effect.fnUntraced(function*(backend: Rows.Backend, key: string, lock: "share" | "update") {
  const flag = yield* Rows.find("flag", backend.flags, key, lock)
  if (flag.archivedAt !== null) return yield* new FlagArchived({ flag: key })
  return flag
})

export const make = (backend: Rows.Backend): Commands => {
  const table = backend.flags

  const createFlag = Effect.fn("Store.createFlag")(function*(input: Flag.Input, options: WriteOptions = {}) {
    const flag = yield* Flag.decode(input)
    const given = yield* Options.decodeWrite(options)
    const row: StoredFlag = { ...flag, archivedAt: null, ...(yield* Rows.firstRevision) }
    yield* Content.refuseOversize(Content.flag(row, 0, { rules: [], hashVersion: 1 }), "flag", input, "defaultValue")
    return yield* backend.transaction(Rows.create(backend, "flag", table, row, given))
  })

  const changeFlag = Effect.fn("Store.changeFlag")(function*(key: string, input: Flag.Change, options: ChangeOptions) {
    const change = yield* Flag.decodeChange(input)
    const given = yield* Options.decodeChange(options)
    return yield* backend.transaction(revise(key, change, given))
  })

  const revise = Effect.fnUntraced(function*(key: string, change: Flag.Change, options: ChangeOptions) {
    const flag = yield* findLasting(backend, key, "update")
    yield* Rows.expectRevision("flag", key, flag.revision, options.expected)
    return yield* Rows.revise(backend, "flag.change", table, flag, change, options)
  })

  const archiveFlag = Effect.fn("Store.archiveFlag")(function*(key: string, options: ChangeOptions) {
    const given = yield* Options.decodeChange(options)
    return yield* backend.transaction(archive(key, given))
  })

  const archive = Effect.fnUntraced(function*(key: string, options: ChangeOptions) {
    const flag = yield* Rows.find("flag", table, key, "update")
    yield* Rows.expectRevision("flag", key, flag.revision, options.expected)
    if (flag.archivedAt !== null) return flag
    const archivedAt = yield* Clock.currentTimeMillis
    const archived = yield* Rows.revise(backend, "flag.archive", table, flag, { archivedAt }, options)
    const states = yield* backend.states.ofFlag(key)
    const live = states.filter(({ rulesetVersion }) => rulesetVersion > 0).map(({ environment }) => environment)
    for (const environment of live.toSorted()) {
      yield* Snapshots.commitFlag(backend, environment, Content.nothing("flag", key), [])
    }
    return archived
  })

  const flags = Effect.fn("Store.flags")(
    function*(options: PageOptions & { readonly archived?: boolean | undefined } = {}) {
      const { after, archived, limit } = yield* Options.decodeFlagPage(options)
      return yield* table.page({
        after: after ?? "",
        limit: limit ?? Options.defaultLimit,
        archived: archived ?? false
      })
    }
  )

  return {
    createFlag,
    changeFlag,
    archiveFlag,
    flag: Effect.fn("Store.flag")((key: string) => Rows.find("flag", table, key)),
    flags
  }
}
