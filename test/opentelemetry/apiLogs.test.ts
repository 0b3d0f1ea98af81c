import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api"
import { SeverityNumber } from "@opentelemetry/api-logs"
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http"
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs"
import { createRulestead } from "@rulestead/node"
import * as ApiLogs from "@rulestead/opentelemetry/ApiLogs"
import * as Identity from "@rulestead/opentelemetry/Identity"
import * as Redacted from "effect/Redacted"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { ActiveContext } from "./support/ActiveContext.ts"
import { catalogue } from "./support/catalogue.ts"
import { Collector } from "./support/Collector.ts"

const user = { targetingKey: "user-1", attributes: { plan: "secret-plan" } }

const start = async (options: Omit<ApiLogs.Options, "logger"> = {}) => {
  const collector = await Collector.start()
  const exporter = new OTLPLogExporter({ url: `${collector.url}/v1/logs` })
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] })
  const rulestead = await createRulestead({
    environment: "prod",
    manifest: catalogue,
    observer: ApiLogs.observer({ ...options, logger: provider.getLogger("rulestead") })
  })
  const end = async () => {
    await rulestead.close()
    await provider.shutdown()
    await collector[Symbol.asyncDispose]()
  }
  return { collector, provider, rulestead, [Symbol.asyncDispose]: end }
}

describe("decisions of a plain application at a collector", () => {
  it("are events with the names of the semantic conventions", async () => {
    await using app = await start()
    const { collector, provider, rulestead } = app
    rulestead.enabled("checkout", user)
    rulestead.variant("banner", user)
    rulestead.enabled("no-such-flag", user)
    rulestead.value("banner", user, 7)
    await provider.forceFlush()
    const version = String(rulestead.health().version)
    const common = {
      "feature_flag.provider.name": "rulestead",
      "feature_flag.set.id": "prod",
      "feature_flag.version": version,
      "rulestead.evaluation.count": 1
    }
    assert.deepStrictEqual(collector.events("feature_flag.evaluation").map(({ attributes }) => attributes), [
      {
        ...common,
        "feature_flag.key": "checkout",
        "feature_flag.result.reason": "static",
        "feature_flag.result.value": true,
        "rulestead.rule.key": "all",
        "rulestead.ruleset.version": 1
      },
      {
        ...common,
        "feature_flag.key": "banner",
        "feature_flag.result.reason": "split",
        "feature_flag.result.variant": "b",
        "rulestead.rule.key": "halves",
        "rulestead.ruleset.version": 1
      },
      {
        ...common,
        "feature_flag.key": "no-such-flag",
        "feature_flag.result.reason": "error",
        "error.type": "flag_not_found",
        "feature_flag.error.message": "The environment has no such flag"
      },
      {
        ...common,
        "feature_flag.key": "banner",
        "feature_flag.result.reason": "error",
        "error.type": "type_mismatch",
        "feature_flag.error.message": "What the flag serves is not what the caller expects"
      }
    ])
    assert.lengthOf(collector.logs, 4)
  })

  it("name no identity, no fact and no value, unless that is allowed", async () => {
    await using app = await start({ repeatAfter: 0 })
    const { collector, provider, rulestead } = app
    for (const flag of ["checkout", "banner", "limits", "user@example.com"]) {
      rulestead.enabled(flag, user)
      rulestead.value(flag, user, "")
    }
    await provider.forceFlush()
    const arrived = collector.raw.join()
    for (const secret of ["user-1", "secret", "user@example.com"]) assert.notInclude(arrived, secret)
    assert.include(arrived, "(invalid)")
  })

  it("have a hashed identity where there is a secret for it, the same for the same subject", async () => {
    const identity = Identity.hashed(Redacted.make("of all nodes"))
    await using app = await start({ repeatAfter: 0, identity })
    const { collector, provider, rulestead } = app
    for (const targetingKey of ["user-1", "user-2", " user-1 "]) rulestead.enabled("checkout", { targetingKey })
    rulestead.enabled("checkout")
    await provider.forceFlush()
    const ids = collector.logs.map(({ attributes }) => attributes["feature_flag.context.id"])
    assert.deepStrictEqual(ids, [identity("user-1"), identity("user-2"), identity("user-1"), undefined])
    assert.match(String(ids[0]), /^[0-9a-f]{32}$/)
    assert.notStrictEqual(ids[0], Identity.hashed("another")("user-1"))
    assert.notInclude(collector.raw.join(), "user-1")
  })

  it("are not hashed without a secret, which anybody could undo", () => {
    assert.throws(() => Identity.hashed(""), RangeError)
  })
})

describe("an event", () => {
  const manager = new ActiveContext()

  beforeAll(() => void context.setGlobalContextManager(manager))
  afterAll(() => context.disable())

  it("belongs to the span that is active where the decision is made, and to none where none is", async () => {
    await using app = await start({ repeatAfter: 0 })
    const { collector, provider, rulestead } = app
    const span = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 }
    await context.with(trace.setSpanContext(ROOT_CONTEXT, span), async () => {
      await Promise.resolve()
      rulestead.enabled("checkout", user)
    })
    rulestead.enabled("checkout", user)
    await provider.forceFlush()
    assert.deepStrictEqual(
      collector.logs.map(({ spanId = "", traceId = "" }) => [traceId, spanId]),
      [[span.traceId, span.spanId], ["", ""]]
    )
  })
})

describe("a logger that throws", () => {
  it("changes no decision", async () => {
    const logger = {
      emit: () => {
        throw new Error("the exporter's own fault")
      },
      enabled: () => true
    }
    await using rulestead = await createRulestead({
      environment: "prod",
      manifest: catalogue,
      observer: ApiLogs.observer({ logger })
    })
    assert.isTrue(rulestead.enabled("checkout", user))
    assert.isFalse(rulestead.enabled("no-such-flag", user))
    assert.strictEqual(rulestead.evaluate("checkout", user).rule, "all")
  })
})

describe("the severity", () => {
  it("is information", async () => {
    const severities: Array<SeverityNumber | undefined> = []
    const logger = {
      emit: ({ severityNumber }: { readonly severityNumber?: SeverityNumber }) => {
        severities.push(severityNumber)
      },
      enabled: () => true
    }
    await using rulestead = await createRulestead({
      environment: "prod",
      manifest: catalogue,
      observer: ApiLogs.observer({ logger })
    })
    rulestead.enabled("checkout", user)
    assert.deepStrictEqual(severities, [SeverityNumber.INFO])
  })
})
