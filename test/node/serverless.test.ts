import { createRulestead, type RulesteadClient } from "@rulestead/node"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import * as Bootstrap from "rulestead/Bootstrap"
import { afterEach, assert, beforeEach, describe, inject, it } from "vitest"
import { complete, flagEntry } from "../../packages/rulestead/test/support/Published.ts"
import { catalogue } from "./fixtures/catalogue.ts"

const pro = { targetingKey: "user-1", attributes: { plan: "pro" } }

/** Nobody listens there. */
const away = { environment: "prod", url: "postgres://127.0.0.1:1/shop", bootTimeout: 0, logLevel: "None" } as const

const bootstrap = complete([flagEntry("new-checkout", { defaultValue: true })])

/** Runs a program of the fixtures to its own end. */
const run = async (fixture: string, ...args: ReadonlyArray<string>) => {
  const file = fileURLToPath(new URL(`./fixtures/${fixture}`, import.meta.url))
  const child = spawn(process.execPath, ["--conditions=source", file, ...args], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")])
  return { code, output }
}

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "rulestead-serverless-"))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe("a client that does nothing behind the scenes", () => {
  it("refreshes when it is asked to, and only if that is needed", async () => {
    await using rulestead = await createRulestead({ environment: "prod", manifest: catalogue, background: false })
    const { attempts } = rulestead.health().refresh
    assert.isTrue(await rulestead.refreshIfOlderThan("1 minute"))
    assert.strictEqual(rulestead.health().refresh.attempts, attempts)
    assert.isTrue(rulestead.enabled("new-checkout", pro))
    await rulestead.refresh()
    assert.strictEqual(rulestead.health().refresh.attempts, attempts + 1)
  })

  it("never rejects, also when the store is away or the client is closed", async () => {
    const rulestead = await createRulestead({ ...away, background: false })
    assert.isFalse(await rulestead.refreshIfOlderThan(0))
    await rulestead.flush()
    await rulestead.close()
    assert.isFalse(await rulestead.refreshIfOlderThan(0))
    await rulestead.flush()
  })

  it("never rejects, whatever is passed for an age", async () => {
    await using rulestead = await createRulestead({ ...away, background: false })
    for (const age of ["banana", null, undefined, Symbol("age"), {}, Number.NaN]) {
      assert.isFalse(await Reflect.apply(rulestead.refreshIfOlderThan, undefined, [age]))
    }
  })

  it("saves its backup when it is flushed", async () => {
    await using rulestead = await createRulestead({
      environment: "prod",
      manifest: catalogue,
      background: false,
      backup: { application: "shop", directory }
    })
    assert.deepStrictEqual(await readdir(directory), [])
    await rulestead.flush()
    assert.isNotEmpty(await readdir(directory))
    assert.strictEqual(rulestead.health().backup.state, "written")
  })

  it("lets the process end by itself, though nobody closes it", async () => {
    assert.deepStrictEqual(await run("once.ts"), { code: 0, output: "true\n" })
  })

  it("lets the process end by itself although it looks at a server, whether that is there or not", async () => {
    assert.deepStrictEqual(await run("onceOnServer.ts", away.url), { code: 0, output: "unreachable\n" })
    assert.deepStrictEqual(await run("onceOnServer.ts", inject("databaseUrl") ?? ""), {
      code: 0,
      output: "incompatible\n"
    })
  })
})

describe("a bootstrap", () => {
  const serves = async (rulestead: RulesteadClient) => {
    await using client = rulestead
    return [client.readiness()._tag, client.enabled("new-checkout")]
  }

  it("is served from a value while the store is away", async () => {
    assert.deepStrictEqual(await serves(await createRulestead({ ...away, bootstrap })), ["Bootstrap", true])
  })

  it("is served from a file while the store is away", async () => {
    const bootstrapFile = join(directory, "flags.snapshot.json")
    await writeFile(bootstrapFile, Bootstrap.print(bootstrap))
    assert.deepStrictEqual(await serves(await createRulestead({ ...away, bootstrapFile })), ["Bootstrap", true])
  })

  it("does not keep a client from starting when its file is missing, or is no snapshot, or is damaged", async () => {
    const damaged = Bootstrap.print(bootstrap).replace("new-checkout", "old-checkout")
    for (
      const [name, content] of [["missing", undefined], ["text", "{"], ["json", "{}"], ["damaged", damaged]] as const
    ) {
      const bootstrapFile = join(directory, name)
      if (content !== undefined) await writeFile(bootstrapFile, content)
      assert.deepStrictEqual(await serves(await createRulestead({ ...away, bootstrapFile })), ["Empty", false], name)
    }
  })

  it("cannot be a value and a file", async () => {
    const error = await createRulestead({ ...away, bootstrap, bootstrapFile: "f" }).then(() => "", String)
    assert.include(error, "not both")
  })
})
