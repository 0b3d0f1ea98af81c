import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as References from "effect/References"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { inspect } from "node:util"
import { BackupError } from "rulestead/SnapshotBackup"
import { FeedError } from "rulestead/SnapshotFeed"
import { MemoryBackup } from "./support/MemoryBackup.ts"
import { build, quiet } from "./support/Nodes.ts"
import { complete, flagEntry } from "./support/Published.ts"
import { ScriptedFeed } from "./support/ScriptedFeed.ts"

const secret = "s3cr3t"

const flags = [
  flagEntry("banner", { valueType: "string", defaultValue: `${secret}-default` }),
  flagEntry("killed", { valueType: "string", defaultValue: "x", killSwitch: { value: `${secret}-killed` } }),
  flagEntry("layout", {
    valueType: "json",
    defaultValue: { text: secret },
    rules: [{
      key: "halves",
      strategy: "variant_split",
      conditions: [{ attribute: "plan", operator: "in", values: [`${secret}-plan`, "pro"] }],
      rollout: { percentage: 100, bucketBy: "subject" },
      variants: [{ key: "a", weight: 50, value: [secret] }, { key: "b", weight: 50, value: `${secret}-b` }]
    }]
  })
]

const context = {
  targetingKey: `${secret}@example.com`,
  tenantKey: secret,
  actor: { key: secret, email: `${secret}@example.com` },
  attributes: { plan: `${secret}-plan`, password: secret }
}

describe("secrets", () => {
  it.effect("of contexts, flags and exceptions come out nowhere", () =>
    Effect.gen(function*() {
      const logs: Array<string> = []
      const metrics: Metric.MetricRegistry = new Map()
      const collect = Logger.layer([Logger.make((line) => {
        logs.push(inspect(line, { depth: 12 }))
      })])
      const feed = new ScriptedFeed()
      feed.published.put(...flags)
      const backup = new MemoryBackup()
      const node = yield* build(feed, {}, backup.layer).pipe(
        Effect.provideService(Metric.MetricRegistry, metrics),
        Effect.provideService(References.MinimumLogLevel, "Trace"),
        Effect.provide(collect)
      )
      yield* quiet

      const unread = new Proxy({}, {
        get: () => {
          throw new Error(secret)
        }
      })
      for (const flag of ["banner", "killed", "layout", "unknown", `${secret}@example.com`]) {
        yield* node.rulestead.enabled(flag, context)
        yield* node.rulestead.value(flag, context, secret)
        yield* node.rulestead.enabled(flag, { attributes: unread })
        yield* Effect.exit(node.rulestead.evaluate(flag, context))
        yield* Effect.exit(node.rulestead.evaluate(flag, {}))
      }
      const explained = yield* Effect.forEach(["killed", "layout"], (flag) =>
        node.rulestead.explain(flag, { ...context, attributes: {} }))

      const failures = [
        Effect.die(new Error(secret)),
        Effect.die(secret),
        Effect.die({ password: secret }),
        Effect.fail(new FeedError({ environment: "prod", reason: "failed", detail: "x", cause: new Error(secret) })),
        Effect.succeed(complete(flags, { environment: "dev", version: 2 })),
        Effect.succeed({
          ...complete(flags, { version: 3 }),
          entries: complete([flagEntry("other")]).entries.map((entry) => ({ ...entry, content: secret }))
        }),
        Effect.succeed(complete([flagEntry("banner", { valueType: "number", defaultValue: secret })], { version: 3 }))
      ]
      const errors: Array<unknown> = []
      for (const failure of failures) {
        feed.answer(failure)
        const refreshing = yield* Effect.forkChild(Effect.flip(node.rulestead.refresh))
        yield* TestClock.adjust("1 minute")
        errors.push(yield* Fiber.join(refreshing))
        errors.push(node.rulestead.healthUnsafe())
      }
      feed.answerListeners(() =>
        Stream.die(new Error(secret))
      )
      yield* feed.loseListener()
      backup.before = Effect.fail(new BackupError({ detail: "disk", cause: new Error(secret) }))
      feed.answer(undefined)
      feed.published.put(...flags)
      yield* TestClock.adjust("2 minutes")

      const channels = {
        telemetry: node.events(),
        logs,
        metrics: [...metrics.keys()],
        health: node.rulestead.healthUnsafe(),
        errors,
        explained: explained.map(({ rules }) => rules),
        counts: node.cache.decisionCounts()
      }
      for (const [channel, content] of Object.entries(channels)) {
        const text = `${inspect(content, { depth: 12, maxArrayLength: null })} ${JSON.stringify(content)}`
        assert.isAbove(text.length, 100, channel)
        assert.notInclude(text, secret, channel)
      }
      assert.isAbove(logs.length, 10)
    }))
})
