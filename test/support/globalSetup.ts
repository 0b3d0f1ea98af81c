// One Postgres server for the whole run. With RULESTEAD_TEST_DATABASE_URL set, that server is used and none is started.
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import type { TestProject } from "vitest/node"
import { PostgresServer } from "./PostgresServer.ts"

export default async (project: TestProject): Promise<(() => Promise<void>) | undefined> => {
  const existing = process.env.RULESTEAD_TEST_DATABASE_URL
  if (existing !== undefined && existing !== "") {
    project.provide("databaseUrl", existing)
    return undefined
  }
  const runtime = ManagedRuntime.make(PostgresServer.layer({ maxConnections: 200 }))
  const { url } = await runtime.runPromise(PostgresServer)
  project.provide("databaseUrl", Redacted.value(url))
  return () => runtime.dispose()
}
