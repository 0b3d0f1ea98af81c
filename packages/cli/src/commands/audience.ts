/** Audiences: conditions under a name, for the rules of any flag. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Audience from "rulestead/Audience"
import { Store } from "rulestead/Store"
import * as Conditions from "../conditions.ts"
import * as Connection from "../Connection.ts"
import { Failure } from "../Failure.ts"
import { given } from "../given.ts"
import * as Input from "../Input.ts"
import { StoredAudience } from "../output/documents.ts"
import * as Output from "../output/Output.ts"
import { conditionText } from "../output/rules.ts"
import * as Parameters from "../parameters.ts"
import * as Write from "../Write.ts"

const Listed = Schema.Struct({ audiences: Schema.Array(StoredAudience) })

const members = (definition: Audience.Definition): string =>
  "everyone" in definition ? "everyone" : definition.conditions.map(conditionText).join(" and ")

const list = Command.make(
  "list",
  {
    archived: Flag.Boolean("archived").pipe(
      Flag.withDescription("Archived audiences, too"),
      Flag.withDefault(false)
    ),
    after: Parameters.after,
    limit: Parameters.limit
  },
  Effect.fnUntraced(function*({ after, archived, limit }) {
    const store = yield* Store
    const audiences = yield* store.audiences({ after: Option.getOrUndefined(after), archived, limit })
    yield* Output.show(Listed, { audiences }, ({ table }) =>
      table(audiences, [
        { header: "KEY", cell: ({ key }) => key },
        { header: "MEMBERS", cell: ({ definition }) => members(definition) },
        {
          header: "DESCRIPTION",
          cell: ({ archivedAt, description }) => archivedAt === null ? description : "(archived)"
        }
      ], "There are no audiences. To create one: rulestead audience create KEY"))
    if (audiences.length === limit) yield* Output.remark(`There may be more: --after ${audiences.at(-1)?.key}`)
  })
).pipe(
  Output.prints(Listed),
  Command.withDescription("List the audiences."),
  Command.withExamples([{ command: "rulestead audience list" }]),
  Command.provide(Connection.layer)
)

const show = Command.make(
  "show",
  { key: Parameters.audienceKey },
  Effect.fnUntraced(function*({ key }) {
    const audience = yield* Store.use((store) => store.audience(key))
    yield* Output.show(StoredAudience, audience, () =>
      Output.fields([
        ["key", audience.key],
        ["description", audience.description],
        ["members", members(audience.definition)],
        ["archived", Output.time(audience.archivedAt)],
        ["revision", String(audience.revision)]
      ]))
  })
).pipe(
  Output.prints(StoredAudience),
  Command.withDescription("Show an audience."),
  Command.withExamples([{ command: "rulestead audience show beta-testers" }]),
  Command.provide(Connection.layer)
)

const definition = {
  when: Flag.String("when").pipe(
    Flag.withMetavar("<condition>"),
    Flag.withDescription("A condition, as 'plan equals pro'; repeated, all must hold"),
    Flag.atLeast(0)
  ),
  everyone: Flag.Boolean("everyone").pipe(
    Flag.withDescription("Everyone belongs"),
    Flag.withDefault(false)
  ),
  file: Flag.String("file").pipe(
    Flag.withMetavar("<file>"),
    Flag.withDescription("The definition as JSON or YAML, as in a manifest; - is standard input"),
    Flag.optional
  )
}

/** What was said about who belongs; nothing, if nothing was said. */
const definitionFrom = Effect.fnUntraced(function*(
  said: { readonly when: ReadonlyArray<string>; readonly everyone: boolean; readonly file: Option.Option<string> }
) {
  if (Option.isSome(said.file)) return { definition: yield* Input.document(said.file.value, Effect.succeed) }
  if (said.everyone) return { definition: { everyone: true } }
  if (said.when.length === 0) return {}
  return { definition: { conditions: yield* Effect.forEach(said.when, Conditions.parse) } }
})

const create = Command.make(
  "create",
  { key: Parameters.audienceKey, description: Parameters.description, ...definition, ...Write.flags },
  Effect.fnUntraced(function*(input) {
    const { key } = input
    const store = yield* Store
    const audience = yield* Audience.decode({
      key,
      ...given({ description: input.description }),
      ...yield* definitionFrom(input)
    })
    yield* Write.run(input, { key, environments: [] }, (how) => store.createAudience(audience, how.create))
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Create an audience."),
  Command.withExamples([
    { command: "rulestead audience create beta-testers --when 'beta equals true' --when 'country in AT,DE'" }
  ]),
  Command.provide(Connection.layer)
)

const change = Command.make(
  "change",
  {
    key: Parameters.audienceKey,
    description: Parameters.description,
    ...definition,
    impact: Flag.String("impact").pipe(
      Flag.withMetavar("<fingerprint>"),
      Flag.withDescription("Refuse unless what it touches is what was seen (required in protected environments)"),
      Flag.optional
    ),
    ...Write.changeFlags
  },
  Effect.fnUntraced(function*(input) {
    const { key } = input
    const store = yield* Store
    const { revision } = yield* store.audience(key)
    const changed = yield* Audience.decodeChange({
      ...given({ description: input.description }),
      ...yield* definitionFrom(input)
    })
    const impact = yield* store.audienceImpact(key)
    const live = changed.definition === undefined ? [] : impact.uses.filter(({ stage }) => stage === "live")
    const environments = [...new Set(live.map(({ environment }) => environment))]
    const fingerprint = input.dryRun
      ? Option.some(Option.getOrElse(input.impact, () => impact.fingerprint))
      : input.impact
    if (Option.isNone(fingerprint) && live.some((use) => use.protected)) return yield* unseen(key, environments)
    yield* Write.run(input, {
      key,
      environments,
      ...(live.length === 0 ? {} : { question: `Change ${key}? It takes effect at once for ${usesText(live)}.` })
    }, (how) =>
      store.changeAudience(key, changed, {
        ...how.change(revision),
        impact: Option.getOrUndefined(fingerprint)
      }))
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Change an audience. It takes effect at once wherever it is used."),
  Command.withExamples([
    { command: "rulestead audience change beta-testers --when 'beta equals true' --yes" },
    {
      command: "rulestead audience change staff --everyone --impact FINGERPRINT --reason \"all hands\" --confirm staff",
      description: "With the fingerprint of: rulestead audience impact staff"
    }
  ]),
  Command.provide(Connection.layer)
)

const unseen = (key: string, environments: ReadonlyArray<string>) =>
  new Failure({
    code: "impact_required",
    exit: "refused",
    message: `${key} is live in ${environments.join(", ")}: a change needs the fingerprint of what it touches`,
    next: `Look first: rulestead audience impact ${key}. Then give the fingerprint with --impact.`
  })

const usesText = (uses: ReadonlyArray<Audience.Use>): string =>
  uses.map(({ environment, flag }) => `${flag} in ${environment}`).join(", ")

const impact = Command.make(
  "impact",
  { key: Parameters.audienceKey },
  Effect.fnUntraced(function*({ key }) {
    const impact = yield* Store.use((store) => store.audienceImpact(key))
    yield* Output.show(Audience.Impact, impact, ({ style, table }) =>
      [
        table(impact.uses, [
          { header: "FLAG", cell: ({ flag }) => flag },
          { header: "ENVIRONMENT", cell: ({ environment }) => environment },
          {
            header: "PROTECTED",
            cell: (use) => use.protected ? "yes" : "no",
            paint: (text, use) => use.protected ? style.warning(text) : text
          },
          { header: "STAGE", cell: ({ stage }) => stage },
          { header: "RULES", cell: ({ rules }) => rules.join(", ") }
        ], "No rule refers to it."),
        `fingerprint  ${impact.fingerprint}`
      ].join("\n"))
  })
).pipe(
  Output.prints(Audience.Impact),
  Command.withDescription("Show what changing an audience would touch, and the fingerprint of that."),
  Command.withExamples([{ command: "rulestead audience impact beta-testers" }]),
  Command.provide(Connection.layer)
)

const archive = Command.make(
  "archive",
  { key: Parameters.audienceKey, ...Write.changeFlags },
  Effect.fnUntraced(function*(input) {
    const { key } = input
    const store = yield* Store
    const { revision } = yield* store.audience(key)
    yield* Write.run(
      input,
      { key, environments: [], question: `Archive the audience ${key}?` },
      (how) => store.archiveAudience(key, how.change(revision))
    )
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Archive an audience that no rule refers to."),
  Command.withExamples([{ command: "rulestead audience archive beta-testers --yes" }]),
  Command.provide(Connection.layer)
)

const unarchive = Command.make(
  "unarchive",
  { key: Parameters.audienceKey, ...Write.changeFlags },
  Effect.fnUntraced(function*(input) {
    const { key } = input
    const store = yield* Store
    const { revision } = yield* store.audience(key)
    yield* Write.run(input, { key, environments: [] }, (how) => store.unarchiveAudience(key, how.change(revision)))
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Take an archived audience up again."),
  Command.withExamples([{ command: "rulestead audience unarchive beta-testers" }]),
  Command.provide(Connection.layer)
)

export const audience = Command.make("audience").pipe(
  Command.withDescription("Audiences: conditions under a name, for the rules of any flag."),
  Command.withExamples([{ command: "rulestead audience list" }]),
  Command.withSubcommands([list, show, create, change, impact, archive, unarchive])
)
