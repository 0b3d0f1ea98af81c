/**
 * The commands on audiences.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Audience from "../../Audience.ts"
import type {
  AudienceChangeOptions,
  ChangeOptions,
  PageOptions,
  Store,
  StoredAudience,
  WriteOptions
} from "../../Store.ts"
import { AudienceArchived, AudienceInUse, StalePreview } from "../../StoreError.ts"
import { isSame } from "../canonicalJson.ts"
import * as Content from "./content.ts"
import type { Desk } from "./desk.ts"
import * as Impact from "./impact.ts"
import * as Options from "./options.ts"
import { refuseFor } from "./refusal.ts"
import * as Rows from "./rows.ts"
import * as Staging from "./staging.ts"

type Commands = Pick<
  Store["Service"],
  | "createAudience"
  | "changeAudience"
  | "audienceImpact"
  | "archiveAudience"
  | "unarchiveAudience"
  | "audience"
  | "audiences"
>

export const make = (desk: Desk): Commands => {
  const { admit, backend, transaction } = desk
  const table = backend.audiences

  const createAudience = Effect.fn("Store.createAudience")(
    function*(input: Audience.Input, options: WriteOptions = {}) {
      const audience = yield* Audience.decode(input)
      const given = yield* Options.decodeWrite(options)
      yield* Content.refuseOversize(Content.audience(audience), "audience", input, "definition")
      const row: StoredAudience = { ...audience, archivedAt: null, ...(yield* Rows.firstRevision) }
      return yield* transaction(create(row, given))
    }
  )

  const create = Effect.fnUntraced(function*(row: StoredAudience, options: WriteOptions) {
    yield* admit({ action: "audience.create", kind: "audience", key: row.key, environments: [] }, options)
    return yield* Rows.create(backend, "audience", table, row, options)
  })

  const changeAudience = Effect.fn("Store.changeAudience")(
    function*(key: string, input: Audience.Change, options: AudienceChangeOptions) {
      const change = yield* Audience.decodeChange(input)
      const given = yield* Options.decodeAudienceChange(options)
      if (change.definition !== undefined) {
        const wanted = Content.audience({ key, definition: change.definition })
        yield* Content.refuseOversize(wanted, "audience change", input, "definition")
      }
      return yield* transaction(revise(key, change, given))
    }
  )

  const revise = Effect.fnUntraced(function*(key: string, change: Audience.Change, options: AudienceChangeOptions) {
    const before = yield* Rows.find("audience", table, key, "update")
    const redefines = change.definition !== undefined && !isSame(change.definition, before.definition)
    const places = redefines ? yield* Impact.places(backend, key) : []
    yield* admit({ action: "audience.change", kind: "audience", key, environments: places }, options)
    yield* Rows.expectRevision("audience", key, before.revision, options.expected)
    if (before.archivedAt !== null) return yield* new AudienceArchived({ audience: key })
    if (options.impact !== undefined) yield* expectImpact(before, options.impact)
    else yield* requireImpact(places, options)
    const after = yield* Rows.revise(backend, "audience.change", table, before, change, options)
    if (redefines) yield* Staging.audience(desk, after)
    return after
  })

  const expectImpact = Effect.fnUntraced(function*(audience: StoredAudience, expected: string) {
    const { fingerprint } = yield* Impact.preview(backend, audience)
    if (fingerprint !== expected) return yield* new StalePreview({ audience: audience.key })
  })

  const archiveAudience = Effect.fn("Store.archiveAudience")(function*(key: string, options: ChangeOptions) {
    const given = yield* Options.decodeChange(options)
    return yield* transaction(archive(key, given))
  })

  const archive = Effect.fnUntraced(function*(key: string, options: ChangeOptions) {
    const before = yield* Rows.find("audience", table, key, "update")
    yield* admit({ action: "audience.archive", kind: "audience", key, environments: [] }, options)
    yield* Rows.expectRevision("audience", key, before.revision, options.expected)
    if (before.archivedAt !== null) return before
    const { uses } = yield* Impact.preview(backend, before)
    if (uses.length > 0) return yield* new AudienceInUse({ audience: key, uses })
    const archivedAt = yield* Clock.currentTimeMillis
    return yield* Rows.revise(backend, "audience.archive", table, before, { archivedAt }, options)
  })

  const unarchiveAudience = Effect.fn("Store.unarchiveAudience")(function*(key: string, options: ChangeOptions) {
    const given = yield* Options.decodeChange(options)
    return yield* transaction(unarchive(key, given))
  })

  const unarchive = Effect.fnUntraced(function*(key: string, options: ChangeOptions) {
    const before = yield* Rows.find("audience", table, key, "update")
    yield* admit({ action: "audience.unarchive", kind: "audience", key, environments: [] }, options)
    yield* Rows.expectRevision("audience", key, before.revision, options.expected)
    return yield* Rows.revise(backend, "audience.unarchive", table, before, { archivedAt: null }, options)
  })

  const audienceImpact = Effect.fn("Store.audienceImpact")(function*(key: string) {
    return yield* transaction(
      Effect.flatMap(Rows.find("audience", table, key), (audience) => Impact.preview(backend, audience))
    )
  })

  const audiences = Effect.fn("Store.audiences")(
    function*(options: PageOptions & { readonly archived?: boolean | undefined } = {}) {
      const { after, archived, limit } = yield* Options.decodePage(options)
      return yield* table.page({
        after: after ?? "",
        limit: limit ?? Options.defaultLimit,
        archived: archived ?? false
      })
    }
  )

  return {
    createAudience,
    changeAudience,
    audienceImpact,
    archiveAudience,
    unarchiveAudience,
    audience: Effect.fn("Store.audience")((key: string) => Rows.find("audience", table, key)),
    audiences
  }
}

const requireImpact = (places: ReadonlyArray<Impact.Place>, options: AudienceChangeOptions) => {
  const place = places.find((environment) => environment.protected)
  const allowed = `the fingerprint of a preview, because the audience is live in ${place?.key}, which is protected`
  return refuseFor(
    place === undefined ? [] : [{ path: ["impact"], rule: "impact_required", allowed }],
    "options",
    options
  )
}
