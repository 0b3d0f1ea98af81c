/**
 * The commands on audiences.
 */
import * as Effect from "effect/Effect"
import * as Audience from "../../Audience.ts"
import type { ChangeOptions, PageOptions, Store, WriteOptions } from "../../Store.ts"
import * as Content from "./content.ts"
import * as Options from "./options.ts"
import * as Rows from "./rows.ts"
import * as Snapshots from "./snapshots.ts"

type Commands = Pick<Store["Service"], "createAudience" | "changeAudience" | "audience" | "audiences">

export const make = (backend: Rows.Backend): Commands => {
  const table = backend.audiences

  const createAudience = Effect.fn("Store.createAudience")(
    function*(input: Audience.Input, options: WriteOptions = {}) {
      const audience = yield* Audience.decode(input)
      const given = yield* Options.decodeWrite(options)
      yield* Content.refuseOversize(Content.audience(audience), "audience", input, "definition")
      const row = { ...audience, ...(yield* Rows.firstRevision) }
      return yield* backend.transaction(Rows.create(backend, "audience", table, row, given))
    }
  )

  const changeAudience = Effect.fn("Store.changeAudience")(
    function*(key: string, input: Audience.Change, options: ChangeOptions) {
      const change = yield* Audience.decodeChange(input)
      const given = yield* Options.decodeChange(options)
      if (change.definition !== undefined) {
        const wanted = Content.audience({ key, definition: change.definition })
        yield* Content.refuseOversize(wanted, "audience change", input, "definition")
      }
      return yield* backend.transaction(revise(key, change, given))
    }
  )

  const revise = Effect.fnUntraced(function*(key: string, change: Audience.Change, options: ChangeOptions) {
    const before = yield* Rows.find("audience", table, key, "update")
    yield* Rows.expectRevision("audience", key, before.revision, options.expected)
    const after = yield* Rows.revise(backend, "audience.change", table, before, change, options)
    if (change.definition !== undefined && after !== before) yield* Snapshots.commitAudience(backend, after)
    return after
  })

  const audiences = Effect.fn("Store.audiences")(function*(options: PageOptions = {}) {
    const { after, limit } = yield* Options.decodePage(options)
    return yield* table.page({ after: after ?? "", limit: limit ?? Options.defaultLimit })
  })

  return {
    createAudience,
    changeAudience,
    audience: Effect.fn("Store.audience")((key: string) => Rows.find("audience", table, key)),
    audiences
  }
}
