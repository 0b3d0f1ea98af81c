/** What there is, at a glance. */
import * as Arr from "effect/Array"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import * as Connection from "../Connection.ts"
import { flagKeys } from "../flagKeys.ts"
import * as Migration from "../Migration.ts"
import * as Output from "../output/Output.ts"
import * as Progress from "../output/progress.ts"
import * as Settings from "../Settings.ts"
import { some } from "../spelling.ts"

const Environment = Schema.Struct({
  key: Schema.String,
  protected: Schema.Boolean,
  version: Schema.Natural,
  publishedAt: Schema.NullOr(Schema.Finite),
  flags: Schema.Natural,
  audiences: Schema.Natural,
  killed: Schema.Array(Schema.String),
  drafts: Schema.Array(Schema.String)
})

const Report = Schema.Struct({
  store: Schema.Struct({
    kind: Schema.Literals(["server", "embedded"]),
    location: Schema.String,
    schema: Schema.NullOr(Schema.Struct({ database: Schema.Natural, code: Schema.Natural }))
  }),
  environments: Schema.Array(Environment)
})

export const status = Command.make(
  "status",
  {},
  Effect.fnUntraced(function*() {
    const store = yield* storeNow
    const environments = yield* Effect.provide(environmentsNow, Connection.layer)
    yield* Output.show(Report, { store, environments }, ({ style, table }) =>
      [
        Output.fields([
          ["store", `${store.kind === "server" ? "server" : "embedded in"} ${store.location}`],
          ...(store.schema === null ? [] : [["schema", describeSchema(store.schema)] as const])
        ]),
        "",
        table(environments, [
          { header: "ENVIRONMENT", cell: ({ key }) => key },
          { header: "PROTECTED", cell: (environment) => environment.protected ? "yes" : "no" },
          { header: "SNAPSHOT", cell: ({ version }) => version === 0 ? "none" : String(version) },
          { header: "PUBLISHED", cell: ({ publishedAt }) => Output.time(publishedAt) },
          { header: "FLAGS", cell: ({ flags }) => String(flags) },
          { header: "AUDIENCES", cell: ({ audiences }) => String(audiences) },
          {
            header: "KILLED",
            cell: ({ killed }) => counted(killed),
            paint: (text, { killed }) => killed.length > 0 ? style.bad(text) : text
          },
          {
            header: "DRAFTS",
            cell: ({ drafts }) => counted(drafts),
            paint: (text, { drafts }) => drafts.length > 0 ? style.warning(text) : text
          }
        ], "There are no environments. To create one: rulestead env create KEY"),
        "",
        ...environments.flatMap(({ drafts, key, killed }) => [
          ...named(style.bad("killed"), key, killed),
          ...named(style.warning("drafts"), key, drafts)
        ])
      ].join("\n").trimEnd())
  })
).pipe(
  Output.prints(Report),
  Command.withDescription(
    "Show which store is used, and what is live in each environment: which flags are killed, and which have drafts that are"
      + " not published."
  ),
  Command.withShortDescription("Show which store is used, and what is live in each environment."),
  Command.withExamples([{ command: "rulestead status" }])
)

const counted = ({ length }: ReadonlyArray<string>): string => length === 0 ? "-" : String(length)

/** Below the table, where names have room. */
const named = (what: string, environment: string, flags: ReadonlyArray<string>): ReadonlyArray<string> =>
  flags.length === 0 ? [] : [`${what} in ${environment}: ${some(flags)}`]

const storeNow = Effect.gen(function*() {
  const settings = yield* Settings.store
  if (settings._tag === "Embedded") {
    return { kind: "embedded" as const, location: settings.directory, schema: null }
  }
  const { from, to } = yield* Migration.plan
  return {
    kind: "server" as const,
    location: withoutUser(settings.url),
    schema: from === null || to === null ? null : { database: from, code: to }
  }
})

/** Host and database, and nothing that signs in. */
const withoutUser = (url: Redacted.Redacted): string => {
  const parsed = URL.parse(Redacted.value(url))
  return parsed === null ? "" : `${parsed.host}${parsed.pathname}`
}

const describeSchema = ({ code, database }: { readonly code: number; readonly database: number }): string =>
  database === code ? `version ${database}` : `version ${database}, behind ${code}: run rulestead migrate`

const environmentsNow = Effect.gen(function*() {
  const store = yield* Store
  const feed = yield* SnapshotFeed
  const keys = yield* flagKeys
  return yield* Progress.forEach(
    "Looking around",
    yield* store.environments,
    Effect.fnUntraced(function*({ key, protected: isProtected }) {
      const { entries, head } = yield* feed.changesSince(key, undefined)
      const flags = entries.filter(({ content, kind }) => kind === "flag" && content !== null)
      const killed = yield* Effect.filter(flags, ({ content }) => Effect.map(readEntry(content ?? ""), isKilled))
      return {
        key,
        protected: isProtected,
        version: head.version,
        publishedAt: head.version === 0 ? null : head.publishedAt,
        flags: flags.length,
        audiences: entries.filter(({ content, kind }) => kind === "audience" && content !== null).length,
        killed: killed.map(({ key }) => key),
        drafts: yield* draftsIn(key, keys)
      }
    })
  )
})

const draftsIn = Effect.fnUntraced(function*(environment: string, keys: ReadonlyArray<string>) {
  const store = yield* Store
  const pages = yield* Effect.forEach(Arr.chunksOf(keys, pageSize), (page) => store.flagsIn(environment, page))
  return pages.flat().flatMap(({ flag, state }) => state.draft === null ? [] : [flag.key])
})

const pageSize = 1000

const readEntry = (content: string) =>
  Effect.orDie(Schema.decodeEffect(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json)))(content))

const isKilled = (entry: { readonly [name: string]: Schema.Json }): boolean => Object.hasOwn(entry, "killSwitch")
