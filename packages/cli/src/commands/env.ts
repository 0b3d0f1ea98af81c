/** Environments: where flags are decided. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Store } from "rulestead/Store"
import * as Connection from "../Connection.ts"
import { given } from "../given.ts"
import { StoredEnvironment } from "../output/documents.ts"
import * as Output from "../output/Output.ts"
import * as Parameters from "../parameters.ts"
import * as Write from "../Write.ts"

const Listed = Schema.Struct({ environments: Schema.Array(StoredEnvironment) })

const list = Command.make(
  "list",
  {},
  Effect.fnUntraced(function*() {
    const environments = yield* Store.use((store) => store.environments)
    yield* Output.show(Listed, { environments }, ({ style, table }) =>
      table(environments, [
        { header: "KEY", cell: ({ key }) => key },
        { header: "NAME", cell: ({ name }) => name },
        {
          header: "PROTECTED",
          cell: (environment) => environment.protected ? "yes" : "no",
          paint: (text, environment) => environment.protected ? style.warning(text) : text
        },
        { header: "REVISION", cell: ({ revision }) => String(revision) },
        { header: "DESCRIPTION", cell: ({ description }) => description }
      ], "There are no environments. To create one: rulestead env create KEY"))
  })
).pipe(
  Output.prints(Listed),
  Command.withDescription("List the environments."),
  Command.withExamples([{ command: "rulestead env list" }]),
  Command.provide(Connection.layer)
)

const show = Command.make(
  "show",
  { key: Parameters.environmentKey },
  Effect.fnUntraced(function*({ key }) {
    const environment = yield* Store.use((store) => store.environment(key))
    yield* Output.show(StoredEnvironment, environment, () =>
      Output.fields([
        ["key", environment.key],
        ["name", environment.name],
        ["description", environment.description],
        ["protected", environment.protected ? "yes: changes need a reason and a confirmation" : "no"],
        ["revision", String(environment.revision)],
        ["changed", Output.time(environment.updatedAt)]
      ]))
  })
).pipe(
  Output.prints(StoredEnvironment),
  Command.withDescription("Show an environment."),
  Command.withExamples([{ command: "rulestead env show prod" }]),
  Command.provide(Connection.layer)
)

const name = Flag.String("name").pipe(Flag.withDescription("Its name, for people (default: its key)"), Flag.optional)

const isProtected = Flag.Boolean("protected").pipe(
  Flag.withDescription("Whether changes need a reason and a confirmation"),
  Flag.optional
)

const create = Command.make(
  "create",
  {
    key: Parameters.environmentKey,
    name,
    description: Parameters.description,
    protected: isProtected,
    ...Write.flags
  },
  Effect.fnUntraced(function*(input) {
    const { key } = input
    const store = yield* Store
    yield* Write.run(input, { key, environments: [] }, (how) =>
      store.createEnvironment({
        key,
        name: Option.getOrElse(input.name, () => key),
        ...given({ description: input.description, protected: input.protected })
      }, how.create))
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Create an environment."),
  Command.withExamples([{ command: "rulestead env create prod --name Production --protected" }]),
  Command.provide(Connection.layer)
)

const change = Command.make(
  "change",
  {
    key: Parameters.environmentKey,
    name,
    description: Parameters.description,
    protected: isProtected,
    ...Write.changeFlags
  },
  Effect.fnUntraced(function*(input) {
    const { key } = input
    const store = yield* Store
    yield* Write.run(
      input,
      { key, environments: [key] },
      (how) =>
        Effect.flatMap(store.environment(key), ({ revision }) =>
          store.changeEnvironment(
            key,
            given({ name: input.name, description: input.description, protected: input.protected }),
            how.change(revision)
          ))
    )
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Change an environment. What is not named stays as it is."),
  Command.withExamples([
    { command: "rulestead env change prod --protected", description: "From now on, changes need a reason" },
    { command: "rulestead env change prod --no-protected --reason \"end of the freeze\" --confirm prod" }
  ]),
  Command.provide(Connection.layer)
)

export const env = Command.make("env").pipe(
  Command.withDescription("Environments: where flags are decided."),
  Command.withExamples([{ command: "rulestead env list" }]),
  Command.withSubcommands([list, show, create, change])
)
