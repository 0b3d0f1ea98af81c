import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { FlagState } from "rulestead/FlagState"
import { Ruleset } from "rulestead/Ruleset"
import type { PublishedRuleset } from "rulestead/Store"
import type { StoreBackend, UseRow } from "rulestead/StoreBackend"
import type { Rows } from "./rows.ts"

type States = Pick<StoreBackend["Service"], "states" | "rulesets" | "uses">

export const make = ({ answer, schema, sql }: Rows): States => {
  const selectStates = sql`
    select flag, environment, revision, draft, ruleset_version, published_at, kill_switch from ${schema}.flag_states`

  const selectRulesets = sql`select flag, environment, version, ruleset, published_at from ${schema}.rulesets`

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
      named: (environment, flags) =>
        answer(
          "read the states of flags",
          Effect.flatMap(
            sql<
              StateRow
            >`${selectStates} where environment = ${environment} and flag = any(${flags}::text[]) order by flag`,
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
            sql<RulesetRow>`${selectRulesets}
              where flag = ${flag} and environment = ${environment} and version = ${version}`,
            readFirstRuleset
          )
        ),
      live: (environment, flags) =>
        answer(
          "read the live rulesets",
          Effect.flatMap(
            sql<RulesetRow>`
              select live.flag, live.environment, live.version, live.ruleset, live.published_at
              from ${schema}.rulesets live
              join ${schema}.flag_states state on state.flag = live.flag and state.environment = live.environment
                and state.ruleset_version = live.version
              where live.environment = ${environment} and live.flag = any(${flags}::text[]) order by live.flag`,
            Effect.forEach(readRuleset)
          )
        ),
      page: (flag, environment, { before = maxVersion, limit }) =>
        answer(
          "list the rulesets",
          Effect.flatMap(
            sql<RulesetRow>`${selectRulesets}
              where flag = ${flag} and environment = ${environment} and version < ${Math.min(before, maxVersion)}
              order by version desc limit ${limit}`,
            Effect.forEach(readRuleset)
          )
        ),
      insert: ({ publishedAt, ruleset, ...key }) =>
        answer(
          "write the ruleset",
          Effect.flatMap(
            sql<RulesetRow>`
              with inserted as (
                insert into ${schema}.rulesets ${
              sql.insert({ ...key, ruleset: PgTypes.json(ruleset), published_at: PgTypes.timestamptz(publishedAt) })
            }
              )
              ${selectRulesets}
              where flag = ${key.flag} and environment = ${key.environment} and version = ${key.version - 1}`,
            readFirstRuleset
          )
        )
    },

    uses: {
      of: (audience) =>
        answer(
          "read what uses the audience",
          Effect.flatMap(
            sql<Omit<UseRow, "ruleset"> & { readonly ruleset: unknown }>`
              select use.flag, use.environment, use.draft,
                case when use.draft then state.draft else live.ruleset end as ruleset
              from ${schema}.audience_uses use
              join ${schema}.flags flag on flag.key = use.flag
              join ${schema}.flag_states state on (state.flag, state.environment) = (use.flag, use.environment)
              left join ${schema}.rulesets live
                on (live.flag, live.environment, live.version) = (use.flag, use.environment, state.ruleset_version)
              where use.audience = ${audience} and flag.archived_at is null
              order by use.environment, use.flag, use.draft`,
            Effect.forEach((row) => Effect.map(decodeRuleset(row.ruleset), (ruleset) => ({ ...row, ruleset })))
          )
        ),
      environmentsOf: (audience) =>
        answer(
          "read where the audience is used",
          Effect.map(
            sql<{ readonly environment: string }>`select distinct environment from ${schema}.audience_uses
              where audience = ${audience} and not draft order by environment`,
            (rows) => rows.map(({ environment }) => environment)
          )
        ),
      among: (environment, audiences) =>
        answer(
          "read which audiences are used",
          Effect.map(
            sql<{ readonly audience: string }>`select distinct audience from ${schema}.audience_uses
              where audience = any(${audiences}::text[]) and environment = ${environment} and not draft`,
            (rows) => rows.map(({ audience }) => audience)
          )
        ),
      replace: (flag, environment, { draft, live }) =>
        answer(
          "write the flag's audiences",
          Effect.map(
            sql<{ readonly audience: string }>`
              with wanted as (
                select unnest(${live ?? []}::text[]) as audience, false as draft
                union all
                select unnest(${draft ?? []}::text[]), true
              ), dropped as (
                delete from ${schema}.audience_uses
                where flag = ${flag} and environment = ${environment}
                  and case when draft then ${draft !== undefined} else ${live !== undefined} end
                  and (audience, draft) not in (select audience, draft from wanted)
              ), added as (
                insert into ${schema}.audience_uses (flag, environment, audience, draft)
                select ${flag}, ${environment}, audience, draft from wanted
                on conflict do nothing
              )
              select audience from ${schema}.audience_uses
              where flag = ${flag} and environment = ${environment} and not draft order by audience`,
            (rows) => rows.map(({ audience }) => audience)
          )
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
  readonly flag: string
  readonly environment: string
  readonly version: number
  readonly ruleset: unknown
  readonly published_at: Date
}

const decodeRuleset = Schema.decodeUnknownEffect(Ruleset)
const decodeState = Schema.decodeUnknownEffect(FlagState)

const readRuleset = ({ published_at, ruleset, ...key }: RulesetRow) =>
  Effect.map(decodeRuleset(ruleset), (ruleset): PublishedRuleset => ({
    ...key,
    ruleset,
    publishedAt: published_at.getTime()
  }))

const readFirstRuleset = ([row]: ReadonlyArray<RulesetRow>) => row === undefined ? Effect.undefined : readRuleset(row)

/** No version is greater. */
const maxVersion = 2_147_483_647

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
