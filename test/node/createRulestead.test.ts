import { createRulestead, type RulesteadClient } from "@rulestead/node"
import { ClientClosed, FlagNotFound, NotRefreshed } from "@rulestead/node/RulesteadError"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readdir, rm } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import type { Change } from "rulestead/SnapshotCache"
import type { Event } from "rulestead/Telemetry"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { catalogue } from "./fixtures/catalogue.ts"

const pro = { targetingKey: "user-1", attributes: { plan: "pro" } }

/** A listener that is an async function, and fails. */
const rejects = (): unknown => Promise.reject(new Error("a listener's own fault"))

/** Runs a program of the fixtures to its own end. */
const run = async (fixture: string, ...args: ReadonlyArray<string>) => {
  const file = fileURLToPath(new URL(`./fixtures/${fixture}`, import.meta.url))
  const child = spawn(process.execPath, ["--conditions=source", file, ...args], { stdio: ["ignore", "pipe", "pipe"] })
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")])
  return { code, output: output.trim(), errors }
}

describe("a client on a manifest", () => {
  let rulestead: RulesteadClient

  beforeAll(async () => {
    rulestead = await createRulestead({ environment: "prod", manifest: catalogue })
  })
  afterAll(() => rulestead.close())

  it("decides synchronously", () => {
    assert.strictEqual(rulestead.enabled("new-checkout", pro), true)
    assert.strictEqual(rulestead.enabled("new-checkout"), false)
    assert.strictEqual(rulestead.value("upload-limit", pro, 1), 10)
    assert.include(["a", "b"], rulestead.variant("banner", pro))
    assert.deepStrictEqual([...rulestead.decisions(pro).keys()].toSorted(), ["banner", "new-checkout", "upload-limit"])
  })

  it("answers with what is known when a flag, a type or a context is not what was expected", () => {
    assert.strictEqual(rulestead.enabled("no-such-flag", pro), false)
    assert.strictEqual(rulestead.value("no-such-flag", pro, 7), 7)
    assert.strictEqual(rulestead.value("banner", pro, 7), 7)
    assert.strictEqual(rulestead.variant("no-such-flag", pro), undefined)
    assert.strictEqual(rulestead.variant("banner", {}), undefined)
  })

  it("takes whatever callers without types pass for a flag, and answers with what is known", () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    for (const flag of [undefined, null, {}, Number.NaN, Symbol("flag"), proxy]) {
      assert.strictEqual(Reflect.apply(rulestead.value, undefined, [flag, pro, "otherwise"]), "otherwise")
      assert.strictEqual(Reflect.apply(rulestead.enabled, undefined, [flag, pro]), false)
      assert.strictEqual(Reflect.apply(rulestead.variant, undefined, [flag, pro]), undefined)
      assert.throws(() => Reflect.apply(rulestead.evaluate, undefined, [flag, pro]), FlagNotFound)
    }
  })

  it("throws typed errors at the strict door", () => {
    assert.throws(() => rulestead.evaluate("no-such-flag", pro), /There is no flag no-such-flag in prod/)
    assert.throws(() => rulestead.evaluate("banner", {}), /needs an identity: subject/)
    assert.strictEqual(rulestead.evaluate("new-checkout", pro).rule, "pro")
  })

  it("explains without revealing, unless asked", () => {
    const secret = { targetingKey: "user-1", attributes: { plan: "secret-plan" } }
    assert.notInclude(JSON.stringify(rulestead.explain("new-checkout", secret)), "secret-plan")
    assert.include(JSON.stringify(rulestead.explain("new-checkout", secret, { reveal: true })), "secret-plan")
  })

  it("tells listeners what changed, whatever other listeners do", async () => {
    const heard = Promise.withResolvers<Change>()
    const endFaulty = rulestead.onChange(() => {
      throw new Error("a listener's own fault")
    })
    const endRejecting = rulestead.onChange(rejects)
    const end = rulestead.onChange((change) => heard.resolve(change))
    await rulestead.apply({
      ...catalogue,
      flags: [{ key: "banner", valueType: "string", defaultValue: "none", ruleset: { rules: [] } }]
    })
    const change = await heard.promise
    endFaulty()
    endRejecting()
    end()
    assert.deepStrictEqual(change.changed, ["banner"])
    assert.strictEqual(rulestead.value("banner", pro, ""), "none")
  })

  it("tells listeners of every event, whatever other listeners do, until they leave", async () => {
    const endFaulty = rulestead.onEvent(() => {
      throw new Error("a listener's own fault")
    })
    const endRejecting = rulestead.onEvent(rejects)
    const heard = Promise.withResolvers<Event>()
    const endListening = rulestead.onEvent((event) => {
      if (event._tag === "FlagMissing") heard.resolve(event)
    })
    rulestead.enabled("asked-for-once", pro)
    assert.deepInclude(await heard.promise, { environment: "prod", flag: "asked-for-once" })
    endListening()
    endRejecting()
    endFaulty()
  })

  it("tells of what is authored through it", async () => {
    const published = Promise.withResolvers<Event>()
    const endListening = rulestead.onEvent((event) => {
      if (event._tag === "SnapshotPublished") published.resolve(event)
    })
    const rules = [{ key: "all", strategy: "forced_value", value: true }] as const
    await rulestead.apply({
      schemaVersion: 1,
      flags: [{ key: "brand-new", valueType: "boolean", defaultValue: false, ruleset: { rules } }]
    })
    assert.deepInclude(await published.promise, { environment: "prod", changed: 1 })
    endListening()
  })

  it("counts decisions, and has its metrics in the format of Prometheus", async () => {
    const other = await createRulestead({ environment: "prod", manifest: catalogue })
    for (let round = 0; round < 3; round++) other.enabled("new-checkout", pro)
    assert.deepStrictEqual(other.decisionCounts(), [
      { flag: "new-checkout", variant: null, reason: "rule_match", count: 3 }
    ])
    await other.close()
    const metrics = await other.metrics()
    assert.match(
      metrics,
      /^rulestead_decisions_total\{environment="prod",flag="new-checkout",reason="rule_match",variant=""\} 3$/m
    )
    assert.match(metrics, /^rulestead_refreshes_total\{environment="prod",outcome="ok"\} \d+$/m)
  })

  it("rejects with typed errors what is asked of it when it closes, and afterwards", async () => {
    const other = await createRulestead({ environment: "prod", manifest: catalogue, logLevel: "None" })
    const during = Promise.allSettled([other.refresh(), other.apply(catalogue)])
    await other.close()
    const after = Promise.allSettled([other.refresh(), other.apply(catalogue)])
    for (const [refreshed, applied] of [await during, await after]) {
      const [notRefreshed, closed] = [refreshed, applied].map((end) => end.status === "rejected" ? end.reason : end)
      assert.instanceOf(notRefreshed, NotRefreshed)
      assert.deepInclude(notRefreshed, { reason: "closed" })
      assert.instanceOf(closed, ClientClosed)
    }
  })

  it("goes on answering after it is closed, as stale", async () => {
    const closed = await createRulestead({ environment: "prod", manifest: catalogue })
    await closed.close()
    await closed.close()
    assert.strictEqual(closed.enabled("new-checkout", pro), true)
    assert.strictEqual(closed.health().live, false)
    assert.strictEqual(closed.evaluate("new-checkout", pro).snapshot.stale, true)
  })
})

describe("a listener that throws", () => {
  it("is logged with what it threw, and not once for every change", async () => {
    const { errors } = await run("faulty.ts")
    const lines = errors.trim().split("\n")
    assert.lengthOf(lines.filter((line) => line.includes("A listener of changes threw")), 1)
    assert.lengthOf(lines.filter((line) => line.includes("A listener of events threw")), 1)
    assert.match(errors, /cause="Error: no such screen/)
  })
})

describe("options", () => {
  /** As JavaScript calls, which nothing checks before. */
  const refusal = async (options: object): Promise<string> => {
    try {
      await Reflect.apply(createRulestead, undefined, [options])
      return "nothing"
    } catch (error) {
      return String(error)
    }
  }

  it("are refused with all that is wrong", async () => {
    assert.include(await refusal({ environment: "prod" }), "exactly one of url, directory and manifest")
    assert.include(await refusal({ environment: "prod", url: "postgres://h/d", directory: "d" }), "exactly one of")
    const misspelt = await refusal({ environment: "Prod!", url: "postgres://127.0.0.1:1/d", pollIntervall: 1 })
    assert.include(misspelt, "pollIntervall")
    assert.include(misspelt, "environment")
  })

  it("are refused where they are none at all", async () => {
    for (const options of [undefined, null, 5, "prod"]) {
      assert.match(await Reflect.apply(refusal, undefined, [options]), /^InvalidInput: .*\n {2}\(document\): an object/)
    }
  })

  it("say of a variable of the environment that is not set that it is the reason", async () => {
    assert.strictEqual(
      await refusal({ environment: "prod", url: process.env["RULESTEAD_NO_SUCH_VARIABLE"] }),
      "InvalidInput: Invalid options:\n" +
        "  url: a value; it is undefined, as a variable of the environment that is not set; found nothing (source)"
    )
  })

  it("count as left out where they are undefined", async () => {
    const nothing = {
      url: undefined,
      directory: undefined,
      migrate: undefined,
      postgres: undefined,
      embedded: undefined
    }
    const none = {
      bootstrap: undefined,
      bootstrapFile: undefined,
      backup: undefined,
      sign: undefined,
      verify: undefined
    }
    await using rulestead = await createRulestead({
      ...nothing,
      ...none,
      environment: "prod",
      manifest: catalogue,
      usage: undefined,
      logLevel: undefined,
      observer: undefined
    })
    assert.isTrue(rulestead.enabled("new-checkout", pro))
  })

  it("are refused where their type is another, with what is allowed", async () => {
    const wrong = {
      logLevel: "warn",
      bootstrapFile: 5,
      usage: "yes",
      observer: 5,
      backup: "flags",
      sign: "secret",
      verify: "secret"
    }
    const message = await refusal({ environment: "prod", manifest: catalogue, ...wrong })
    for (const name of Object.keys(wrong)) assert.include(message, `\n  ${name}: `)
    assert.include(
      message,
      "logLevel: one of: \"All\", \"Fatal\", \"Error\", \"Warn\", \"Info\", \"Debug\", \"Trace\", \"None\""
    )
    assert.include(message, "usage: true, false, or an object")
    for (const logLevel of ["WARN", 5]) {
      assert.include(await refusal({ environment: "prod", manifest: catalogue, logLevel }), "logLevel: one of")
    }
    const misplaced = await refusal({ environment: "prod", manifest: catalogue, migrate: true })
    assert.include(misplaced, "migrate: this together with url only")
  })

  it("are refused before anything is opened, whoever they are for", async () => {
    const parent = await mkdtemp(join(tmpdir(), "rulestead-options-"))
    const directory = join(parent, "flags")
    for (
      const [wrong, name] of [
        [{ migrate: true }, "migrate"],
        [{ pollInterval: "soon" }, "pollInterval"],
        [{ embedded: { schema: "a b" } }, "schema"],
        [{ embedded: { directry: "flags" } }, "directry"]
      ] as const
    ) {
      assert.include(await refusal({ environment: "prod", directory, ...wrong }), name)
    }
    assert.isEmpty(await readdir(parent))
    await rm(parent, { recursive: true })
    for (const directory of [5, null, "", "a\0b"]) {
      assert.match(await refusal({ environment: "prod", directory }), /^InvalidInput: .*directory/s)
    }
  })

  it("of a connection are checked by name, and what would not be encrypted as asked for is refused", async () => {
    const url = "postgres://127.0.0.1:1/shop"
    for (
      const [wrong, name] of [
        [{ url: `${url}?ssl=true` }, "url.ssl"],
        [{ url: `${url}?sslmode=REQUIRE` }, "url.sslmode"],
        [{ url, postgres: { foo: 1 } }, "foo"],
        [{ url, postgres: 5 }, "postgres"],
        [{ url: `${url}?sslmode=disable`, postgres: { ssl: true } }, "ssl"]
      ] as const
    ) {
      assert.match(await refusal({ environment: "prod", ...wrong }), new RegExp(`^InvalidInput: .* ${name}: `, "s"))
    }
  })

  it("are refused without showing the password of a url", async () => {
    assert.notInclude(await refusal({ environment: "prod", url: "mysql://ada:hunter2@db/shop" }), "hunter2")
  })
})

describe("a process", () => {
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "rulestead-process-"))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it("ends by itself once the client is closed", async () => {
    assert.deepStrictEqual(await run("module.ts"), { code: 0, output: "true", errors: "" })
  })

  it("ends by itself after `await using`", async () => {
    assert.deepStrictEqual(await run("using.ts"), { code: 0, output: "true", errors: "" })
  })

  it("can be a CommonJS program", async () => {
    assert.deepStrictEqual(await run("common.cjs"), { code: 0, output: "true", errors: "" })
  })

  it("ends by itself although usage is reported and everything is watched", async () => {
    assert.deepStrictEqual(await run("watched.ts", directory), { code: 0, output: "true", errors: "" })
  })

  it("starts and ends while the server accepts connections and never answers, watched or not", async () => {
    const silent = createServer().listen(0, "127.0.0.1")
    await once(silent, "listening")
    const address = silent.address()
    const port = typeof address === "object" && address !== null ? String(address.port) : ""
    const { code, output } = await run("unreachable.ts", port)
    assert.deepStrictEqual({ code, output }, { code: 0, output: "Empty false" })
    const watched = await run("watched.ts", join(directory, "empty"), port)
    assert.deepStrictEqual(watched, { code: 0, output: "false", errors: "" })
    silent.close()
  })

  it("starts and ends while nobody listens", async () => {
    const { code, output } = await run("unreachable.ts", "1")
    assert.deepStrictEqual({ code, output }, { code: 0, output: "Empty false" })
  })
})
