/** Fills a store with flags, all at once: the rows that publishing one after the other would leave. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Snapshot from "rulestead/Snapshot"
import { Store } from "rulestead/Store"
import { audiences, entries, environment, flag, ruleset } from "./catalogue.ts"

/** How many versions an {@link load loaded} snapshot remembers. */
export const retention = 20

export const load = Effect.fnUntraced(function*(count: number) {
  const store = yield* Store
  const sql = yield* PgClient.PgClient
  yield* store.createEnvironment({ key: environment, name: "Production" })
  for (const { definition, description, key } of audiences) {
    yield* store.createAudience({ key, definition, description })
  }
  yield* author(count)
  yield* publish(entries(count))
  yield* sql`vacuum analyze`.unprepared
})

const author = Effect.fnUntraced(function*(count: number) {
  const sql = yield* PgClient.PgClient
  const indices = Array.from({ length: count }, (_, index) => index)
  const keys = indices.map((index) => flag(index).key)
  const documents = indices.map((index) => {
    const { archivedAt: _, createdAt: __, revision: ___, updatedAt: ____, ...document } = flag(index)
    return JSON.stringify(document)
  })
  const rulesets = indices.map((index) => ruleset(index))
  const uses = rulesets.map(({ rules }) => rules.find((rule) => rule.strategy === "segment_match")?.audience ?? "")
  yield* sql.withTransaction(Effect.all([
    sql`insert into rulestead.flags (key, revision, document, created_at, updated_at)
      select key, 1, document::json, now(), now()
      from unnest(${keys}::text[], ${documents}::text[]) as flag (key, document)`,
    sql`insert into rulestead.flag_states (flag, environment, revision, ruleset_version, published_at)
      select key, ${environment}, 2, 1, now() from unnest(${keys}::text[]) as key`,
    sql`insert into rulestead.rulesets (flag, environment, version, ruleset, published_at)
      select key, ${environment}, 1, ruleset::json, now()
      from unnest(${keys}::text[], ${rulesets.map((ruleset) => JSON.stringify(ruleset))}::text[]) as _ (key, ruleset)`,
    sql`insert into rulestead.audience_uses (flag, environment, audience)
      select key, ${environment}, audience from unnest(${keys}::text[], ${uses}::text[]) as _ (key, audience)`
  ]))
})

/** One version for each entry. */
const publish = Effect.fnUntraced(function*(entries: ReadonlyArray<Snapshot.StoredEntry>) {
  const sql = yield* PgClient.PgClient
  const hashes = entries.map(({ hash }) => hash)
  const digests = entries.map(
    ((digest) => ({ hash }) => digest = Snapshot.adjustDigest(digest, { removed: [], added: [hash] }))(
      Snapshot.emptyDigest
    )
  )
  const last = entries.length
  yield* sql.withTransaction(Effect.all([
    sql`insert into rulestead.snapshot_entries (environment, version, kind, key, hash, content)
      select ${environment}, version, kind, key, hash, content
      from unnest(
        ${entries.map(({ kind }) => kind)}::text[],
        ${entries.map(({ key }) => key)}::text[],
        ${hashes}::text[],
        ${entries.map(({ content }) => content ?? "")}::text[]
      ) with ordinality as _ (kind, key, hash, content, version)`,
    sql`insert into rulestead.snapshots (environment, version, schema_version, digest, entries, published_at)
      select ${environment}, version, ${Snapshot.schemaVersion}, digest, version, now()
      from unnest(${digests}::text[]) with ordinality as _ (digest, version) where version >= ${last - retention}`,
    sql`update rulestead.snapshot_heads
      set version = ${last}, floor = ${last - retention}, digest = ${
      digests.at(-1) ?? Snapshot.emptyDigest
    }, entries = ${last}
      where environment = ${environment}`
  ]))
})
