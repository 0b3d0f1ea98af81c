import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { randomUUID } from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import * as Listener from "../contract/support/Listener.ts"
import * as Scene from "../contract/support/Scene.ts"
import * as Certificates from "../support/certificates.ts"
import { PostgresServer } from "../support/PostgresServer.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"

/** A server that speaks in the clear, too, for whoever wants it. */
const encrypting = PostgresServer.layer({
  settings: { ssl: "on", ssl_cert_file: "server.pem", ssl_key_file: "server.key" },
  files: { "server.pem": Certificates.certificate, "server.key": Certificates.privateKey }
})

const services = Layer.unwrap(Effect.map(PostgresServer, ({ url }) => PgClient.layer({ url }))).pipe(
  Layer.provideMerge(encrypting)
)

const ca = Certificates.authority

/** Options that lead to tables, by a role of their own. */
const migrated = Effect.gen(function*() {
  const { url } = yield* PostgresServer
  const sql = yield* PgClient.PgClient
  const name = `tls_${randomUUID().replaceAll("-", "")}`
  yield* sql.unsafe(`create role ${name} login superuser`)
  const address = Object.assign(new URL(Redacted.value(url)), { username: name })
  yield* Postgres.migrate({ url: address.href, schema: name, ssl: { ca } })
  const urlWith = (parameters: Readonly<Record<string, string>>) => {
    const with_ = new URL(address)
    for (const [parameter, value] of Object.entries(parameters)) with_.searchParams.set(parameter, value)
    return with_.href
  }
  const encrypted = Effect.map(
    sql<{ readonly ssl: boolean }>`
      select ssl from pg_stat_ssl join pg_stat_activity using (pid) where usename = ${name}`,
    (rows) => rows.map(({ ssl }) => ssl)
  )
  return { name, urlWith, encrypted }
})

/** What the store says of a connection that it did not get. */
const refusal = Effect.fnUntraced(function*(options: Postgres.Options) {
  const error = yield* Effect.flip(Store.use((store) => store.environments)).pipe(
    Effect.provide(Postgres.layer(options))
  )
  assert.isTrue(error._tag === "StoreUnavailable" && error.reason === "unreachable", error.message)
  return error.message
})

layer(services, { excludeTestServices: true, timeout: "1 minute" })(
  "a connection that is asked to be encrypted",
  (it) => {
    it.effect("is, for asking and for listening, once the server has proved who it is", () =>
      Effect.gen(function*() {
        const { encrypted, name: schema, urlWith } = yield* migrated
        const file = Path.join(yield* TemporaryDirectory.make, "authority.pem")
        yield* Effect.promise(() => Fs.writeFile(file, ca))
        const ways: ReadonlyArray<Postgres.Options> = [
          { url: urlWith({}), ssl: { ca } },
          { url: urlWith({}), ssl: { ca: [Certificates.certificate, ca], servername: "db.internal" } },
          { url: urlWith({ sslmode: "require" }), ssl: { ca } },
          { url: urlWith({ sslmode: "verify-ca", sslrootcert: file }) },
          { url: urlWith({ sslmode: "verify-full", sslrootcert: file }) },
          { url: urlWith({ sslrootcert: file }), ssl: true }
        ]
        for (const way of ways) {
          yield* Effect.gen(function*() {
            const { environment, flag } = yield* Scene.live(Scene.forced(true))
            const { version } = yield* Listener.listen(environment)
            yield* Scene.publish(flag, environment, Scene.forced(false))
            assert.strictEqual(yield* version, 2)
            yield* SnapshotFeed.use(({ changesSince }) => changesSince(environment, undefined))
            const seen = yield* encrypted
            assert.isNotEmpty(seen)
            assert.isTrue(seen.every((ssl) => ssl))
          }).pipe(Effect.provide(Postgres.layer({ ...way, schema })))
        }
      }))

    it.effect("is not opened to a server that nobody vouches for, or to another one, and says so", () =>
      Effect.gen(function*() {
        const { encrypted, name: schema, urlWith } = yield* migrated
        for (const sslmode of ["require", "verify-ca", "verify-full"]) {
          assert.include(yield* refusal({ url: urlWith({ sslmode }), schema }), "UNABLE_TO_VERIFY_LEAF_SIGNATURE")
        }
        assert.include(yield* refusal({ url: urlWith({}), ssl: true, schema }), "UNABLE_TO_VERIFY_LEAF_SIGNATURE")
        const other = { ca, servername: "db.example" }
        assert.include(yield* refusal({ url: urlWith({}), ssl: other, schema }), "ERR_TLS_CERT_ALTNAME_INVALID")
        assert.notInclude(yield* encrypted, false)
      }))

    it.effect("is not opened in the clear to a server that does not encrypt, and says so", () =>
      Effect.gen(function*() {
        const { url } = yield* PostgresServer
        const plain = new URL(Redacted.value(url))
        plain.searchParams.set("sslmode", "require")
        assert.include(yield* refusal({ url: plain.href }), "Server refused TLS")
      }).pipe(Effect.provide(PostgresServer.layer())))

    it.effect("is in the clear where that is what is asked for", () =>
      Effect.gen(function*() {
        const { encrypted, name: schema, urlWith } = yield* migrated
        for (const url of [urlWith({}), urlWith({ sslmode: "disable" })]) {
          yield* Effect.gen(function*() {
            yield* Store.use((store) => store.environments)
            assert.include(yield* encrypted, false)
          }).pipe(Effect.provide(Postgres.layer({ url, schema })))
        }
      }))
  }
)
