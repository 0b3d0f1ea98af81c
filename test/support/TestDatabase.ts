/** An empty database of a test file's own, on the server that the run shares, dropped when the scope closes. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { randomUUID } from "node:crypto"
import { inject } from "vitest"
import * as PostgresServer from "./PostgresServer.ts"

declare module "vitest" {
  export interface ProvidedContext {
    /** Set by `globalSetup.ts`. */
    readonly databaseUrl: string | undefined
  }
}

export class TestDatabase extends Context.Service<TestDatabase, {
  readonly url: Redacted.Redacted
}>()("rulestead/test/TestDatabase") {
  /** A database on the server of the run, or, in a run without one, on a server for this file. */
  static readonly layer: Layer.Layer<TestDatabase, SqlError> = Layer.effect(
    TestDatabase,
    Effect.suspend(() => {
      const shared = inject("databaseUrl")
      return shared === undefined
        ? Effect.flatMap(PostgresServer.make(), ({ url }) => make(url))
        : make(Redacted.make(shared))
    })
  )

  /** A database on the server of the run, and a client of it. */
  static readonly layerClient = (
    options?: Omit<PgClient.PgPoolConfig, "url">
  ): Layer.Layer<TestDatabase | PgClient.PgClient | SqlClient.SqlClient, SqlError> =>
    Layer.unwrap(Effect.map(TestDatabase, ({ url }) => PgClient.layer({ ...options, url }))).pipe(
      Layer.provideMerge(TestDatabase.layer)
    )
}

/** Creates a database on the server that `server` leads to. */
export const make = Effect.fnUntraced(function*(
  server: Redacted.Redacted
): Effect.fn.Return<TestDatabase["Service"], SqlError, Scope.Scope> {
  const name = `test_${randomUUID().replaceAll("-", "")}`
  const administer = (statement: string) =>
    Effect.provide(
      Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(`${statement} "${name}"`)),
      PgClient.layer({ url: server, maxConnections: 1 })
    )
  yield* Effect.acquireRelease(
    administer("CREATE DATABASE"),
    () => Effect.ignore(administer("DROP DATABASE IF EXISTS"))
  )
  const url = new URL(Redacted.value(server))
  url.pathname = `/${name}`
  return { url: Redacted.make(url.href) }
})
