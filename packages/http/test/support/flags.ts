/** What every framework is tested with: a flag that is on for one user, a manifest of it, and requests. */
import { assert } from "@effect/vitest"
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import type * as Manifest from "rulestead/Manifest"

export const catalogue: Manifest.Input = {
  schemaVersion: 1,
  flags: [{
    key: "who",
    valueType: "string",
    defaultValue: "nobody",
    ruleset: {
      rules: ["ada", "bob"].map((name) => ({
        key: name,
        strategy: "forced_value" as const,
        conditions: [{ attribute: "targetingKey", operator: "equals" as const, value: name }],
        value: name
      }))
    }
  }]
}

export const listening = async (server: Server): Promise<string> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, "127.0.0.1", resolve)
  await promise
  return `http://127.0.0.1:${addressOf(server).port}`
}

const addressOf = (server: Server): AddressInfo => {
  const address = server.address()
  assert(typeof address === "object" && address !== null)
  return address
}

export const closed = (server: Server): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  return promise
}

export const get = async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> =>
  (await fetch(url, { headers })).text()

export const post = async (url: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<string> => {
  const init = { method: "POST", body: JSON.stringify(body) }
  return (await fetch(url, { ...init, headers: { ...headers, "content-type": "application/json" } })).text()
}

/** Who `x-user` says it is: the stand-in for what authenticates. */
export const users = ["ada", "bob", "eve"] as const

/** Asks as many users at once, over and over, and answers those who were taken for somebody else. */
export const mixedUp = async (ask: (user: string) => Promise<string>): Promise<ReadonlyArray<string>> => {
  const turns = Array.from({ length: 20 }, () => users).flat()
  const answers = await Promise.all(turns.map(async (user) => ({ user, answer: await ask(user) })))
  return answers.flatMap(({ answer, user }) =>
    answer === (user === "eve" ? "nobody" : user) ? [] : [`${user}: ${answer}`]
  )
}

/** All that starts with one request waits for the others, so that they are under way at once. */
export const meeting = (size: number) => {
  let present = 0
  let { promise, resolve } = Promise.withResolvers<void>()
  return async () => {
    const mine = promise
    present++
    if (present % size === 0) {
      resolve()
      ;({ promise, resolve } = Promise.withResolvers<void>())
    }
    await mine
  }
}
