import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { FlagState } from "rulestead/FlagState"
import { Ruleset } from "rulestead/Ruleset"
import type { StoreBackend } from "rulestead/StoreBackend"
import type { Rows } from "./rows.ts"

type States = Pick<StoreBackend["Service"], "states" | "rulesets" | "uses">

export const make = ({ answer, schema, sql }: Rows): States => {
  const selectStates = sql`
    select flag, environment, revision, draft, ruleset_version, published_at, kill_switch from ${schema}.flag_states`

  return {
    states: {
      get: (flag, environment, lock) =>
        answer(
          "read the flag's state",
          Effect.flatMap(
            sql<StateRow>`${selectStates} where flag = ${flag} and environment = ${environment}${
              sql.literal(lock === undefined ? "" : " for no key update")
            }`,
            ([row]) => row === undefined ? Effect.undefined : readState(row)
          )
        ),
      ofFlag: (flag) =>
        answer(
          "read the flag's states",
          Effect.flatMap(
            sql<StateRow>`${selectStates} where flag = ${flag} order by environment`,
            Effect.forEach(readState)
          )
        ),
      put: (state, previous) =>
        answer(
          "write the flag's state",
          Effect.map(
            previous === 0
              ? sql`insert into ${schema}.flag_states ${
                sql.insert(stateColumns(state))
              } on conflict do nothing returning flag`
              : sql`update ${schema}.flag_states set ${sql.update(stateColumns(state), ["flag", "environment"])}
                  where flag = ${state.flag} and environment = ${state.environment} and revision = ${previous} returning flag`,
            (written) => written.length > 0
          )
        )
    },

    rulesets: {
      get: (flag, environment, version) =>
        answer(
          "read the ruleset",
          Effect.flatMap(
            sql<RulesetRow>`select ruleset, published_at from ${schema}.rulesets
              where flag = ${flag} and environment = ${environment} and version = ${version}`,
            ([row]) =>
              row === undefined
                ? Effect.undefined
                : Effect.map(decodeRuleset(row.ruleset), (ruleset) => ({
                  flag,
                  environment,
                  version,
                  ruleset,
                  publishedAt: row.published_at.getTime()
                }))
          )
        ),
      insert: ({ publishedAt, ruleset, ...key }) =>
        answer(
          "write the ruleset",
          Effect.asVoid(
            sql`insert into ${schema}.rulesets ${
              sql.insert({ ...key, ruleset: PgTypes.json(ruleset), published_at: PgTypes.timestamptz(publishedAt) })
            }`
          )
        )
    },

    uses: {
      ofFlag: (flag, environment) =>
        answer(
          "read the flag's audiences",
          Effect.map(
            sql<{ readonly audience: string }>`select audience from ${schema}.audience_uses
              where flag = ${flag} and environment = ${environment} order by audience`,
            (rows) => rows.map(({ audience }) => audience)
          )
        ),
      environmentsOf: (audience) =>
        answer(
          "read where the audience is used",
          Effect.map(
            sql<{ readonly environment: string }>`select distinct environment from ${schema}.audience_uses
              where audience = ${audience} order by environment`,
            (rows) => rows.map(({ environment }) => environment)
          )
        ),
      among: (environment, audiences) =>
        answer(
          "read which audiences are used",
          Effect.map(
            sql<{ readonly audience: string }>`select distinct audience from ${schema}.audience_uses
              where audience = any(${audiences}::text[]) and environment = ${environment}`,
            (rows) => rows.map(({ audience }) => audience)
          )
        ),
      replace: (flag, environment, audiences) =>
        answer(
          "write the flag's audiences",
          Effect.asVoid(sql`
            with dropped as (
              delete from ${schema}.audience_uses
              where flag = ${flag} and environment = ${environment} and audience <> all(${audiences}::text[])
            )
            insert into ${schema}.audience_uses (flag, environment, audience)
            select ${flag}, ${environment}, unnest(${audiences}::text[])
            on conflict do nothing`)
        )
    }
  }
}

interface StateRow {
  readonly flag: string
  readonly environment: string
  readonly revision: number
  readonly draft: unknown
  readonly ruleset_version: number
  readonly published_at: Date | null
  readonly kill_switch: unknown
}

interface RulesetRow {
  readonly ruleset: unknown
  readonly published_at: Date
}

const decodeRuleset = Schema.decodeUnknownEffect(Ruleset)
const decodeState = Schema.decodeUnknownEffect(FlagState)

const readState = ({ kill_switch, published_at, ruleset_version, ...rest }: StateRow) =>
  decodeState({
    ...rest,
    rulesetVersion: ruleset_version,
    publishedAt: published_at?.getTime() ?? null,
    killSwitch: kill_switch
  })

const stateColumns = ({ draft, environment, flag, killSwitch, publishedAt, revision, rulesetVersion }: FlagState) => ({
  flag,
  environment,
  revision,
  draft: PgTypes.json(draft),
  ruleset_version: rulesetVersion,
  published_at: PgTypes.timestamptz(publishedAt),
  kill_switch: PgTypes.json(killSwitch)
})
