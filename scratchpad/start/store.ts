/** Where the flags are kept: on the server that `DATABASE_URL` names, else on a Postgres embedded in a local folder. */
import * as Embedded from "@rulestead/postgres/Embedded"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

const directory = ".rulestead"

const serverUrl = Config.option(Config.Redacted("DATABASE_URL"))

/** Opens the store and brings its tables up to date. */
export const layer = Layer.unwrap(
  Effect.map(
    serverUrl,
    (url) => Option.isSome(url) ? Postgres.layerMigrated({ url: url.value }) : Embedded.layer({ directory })
  )
)

/** The place in words, without the password, and how to get rid of what is kept there. */
export const place = Effect.map(
  serverUrl,
  Option.match({
    onNone: () => ({
      name: `a Postgres embedded in ${directory}`,
      remains: `The data stays in ${directory}, for the next run; remove the folder to start over.`
    }),
    onSome: (url) => ({
      name: `the Postgres server ${withoutSecrets(Redacted.value(url))}`,
      remains: "The data stays on the server, for the next run; drop the schema rulestead to start over."
    })
  })
)

const withoutSecrets = (url: string): string =>
  URL.canParse(url) ? `${new URL(url).host}${new URL(url).pathname}` : "of DATABASE_URL"
