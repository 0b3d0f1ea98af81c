/** What the steps of OpenFeature's scenarios mean. */
import { type EvaluationContextValue, type JsonValue, OpenFeature } from "@openfeature/server-sdk"
import { attributesOf } from "rulestead/EvaluationContext"
import { assert } from "vitest"
import { valueOf } from "./flags.ts"
import type { Step } from "./gherkin.ts"
import type { World } from "./World.ts"

type Run = (world: World, words: ReadonlyArray<string>, table: Step["table"]) => Promise<unknown> | void

const template = { showImages: true, title: "Check out these pics!", imagesPerPage: 100 }

/** A value with or without quotes; without, it is a number. */
const value = `("[^"]*"|[\\d.]+)`

const ask = async (world: World, type: string, key: string, fallback: JsonValue): Promise<void> => {
  world.asked = { type, key, fallback }
  await world.evaluate()
}

const unquote = (text: string): string => text.replaceAll("\"", "")

const given = (world: World, level: string, entry: Readonly<Record<string, EvaluationContextValue>>): void => {
  switch (level) {
    case "API":
      OpenFeature.setContext({ ...OpenFeature.getContext(), ...entry })
      return
    case "Transaction":
      world.transaction = { ...world.transaction, ...entry }
      return
    case "Client":
      world.client.setContext({ ...world.client.getContext(), ...entry })
      return
    case "Invocation":
      world.invocation = { ...world.invocation, ...entry }
      return
    case "Before Hooks":
      world.client.addHooks({ before: () => ({ ...entry }) })
      return
    default:
      throw new Error(`There is no such level: ${level}`)
  }
}

const serves = (world: World, expected: JsonValue): void => assert.deepStrictEqual(world.details?.value, expected)

const says = (world: World, variant: string | undefined, reason: string): void => {
  if (variant !== undefined) assert.strictEqual(world.details?.variant, variant)
  assert.strictEqual(world.details?.reason, reason)
}

const steps: ReadonlyArray<readonly [pattern: string, run: Run]> = [
  // Providers
  ["a stable provider(?: with retrievable context is registered)?", (world) => world.provide("stable")],
  ["an? (not ready|error|fatal|stale) provider", (world, [status = ""]) => world.provide(status)],
  [
    "the provider status should be \"(.*)\"",
    (world, [status]) => assert.strictEqual<unknown>(world.client.providerStatus, status)
  ],

  // Asking
  ["an? (\\w+)-flag with key \"(.*)\" and a fallback value \"(.*)\"", (world, [type = "", key = "", fallback = ""]) => {
    world.asked = { type, key, fallback: valueOf(type, fallback) }
  }],
  ["(?:the|Some) flag was evaluated(?: with details)?(?: asynchronously)?", (world) => world.evaluate()],
  [
    "an? (boolean|string|integer|float) flag with key \"(.*)\" is evaluated with (?:details and )?default value " +
    value,
    (world, [type = "", key = "", fallback = ""]) => ask(world, type, key, valueOf(type, unquote(fallback)))
  ],
  [
    "an object flag with key \"(.*)\" is evaluated with (?:details and )?a null default value",
    (world, [key = ""]) => ask(world, "object", key, null)
  ],
  [
    "a flag with key \"(.*)\" is evaluated with default value \"(.*)\"",
    (world, [key = "", fallback = ""]) => ask(world, "string", key, fallback)
  ],
  [
    "a non-existent string flag with key \"(.*)\" is evaluated with details and a fallback value \"(.*)\"",
    (world, [key = "", fallback = ""]) => ask(world, "string", key, fallback)
  ],
  [
    "a string flag with key \"(.*)\" is evaluated as an integer, with details and a fallback value (\\d+)",
    (world, [key = "", fallback = ""]) => ask(world, "integer", key, Number(fallback))
  ],

  // Contexts
  [
    "a context containing a key \"(.*)\", with type \"(.*)\" and with value \"(.*)\"",
    (world, [key = "", type = "", text = ""]) => given(world, "Invocation", { [key]: valueOf(type, text) })
  ],
  [
    "a context containing a key \"(.*)\" with null value",
    (world, [key = ""]) => given(world, "Invocation", { [key]: null })
  ],
  [
    "context contains keys \"(.*)\", \"(.*)\", \"(.*)\", \"(.*)\" with values \"(.*)\", \"(.*)\", (\\d+), \"(.*)\"",
    (world, words) => {
      const [fn = "", ln = "", age = "", customer = ""] = words.slice(4)
      const [first = "", last = "", years = "", buys = ""] = words
      given(world, "Invocation", { [first]: fn, [last]: ln, [years]: Number(age), [buys]: customer === "true" })
    }
  ],
  [
    "A context entry with key \"(.*)\" and value \"(.*)\" is added to the \"(.*)\" level",
    (world, [key = "", text = "", level = ""]) => given(world, level, { [key]: text })
  ],
  ["A table with levels of increasing precedence", (world, _, table) => {
    world.levels = table.map(([level = ""]) => level)
  }],
  [
    "Context entries for each level from API level down to the \"(.*)\" level, with key \"(.*)\" and value \"(.*)\"",
    (world, [last = "", key = ""]) => {
      for (const level of world.levels.slice(0, world.levels.indexOf(last) + 1)) given(world, level, { [key]: level })
    }
  ],
  [
    "The merged context contains an entry with key \"(.*)\" and value \"(.*)\"",
    (world, [key = "", text]) => assert.strictEqual(attributesOf(world.received ?? {})[key], text)
  ],
  ["an evaluation context with modifiable data", (world) => {
    world.invocation = { email: "a@b.c", nested: { list: [1, 2], date: new Date(0) } }
  }],
  [
    "the original evaluation context should remain unmodified",
    (world) => assert.deepStrictEqual(world.invocation, { email: "a@b.c", nested: { list: [1, 2], date: new Date(0) } })
  ],

  // Answers
  [
    "the resolved (boolean|string|integer|float) (?:value|response) should be " + value,
    (world, [type = "", text = ""]) => serves(world, valueOf(type, unquote(text)))
  ],
  ["the resolved object (?:details )?value should be contain fields .*", (world) => serves(world, template)],
  [
    "the resolved (boolean|string|integer|float) details value should be " + value +
    ", the variant should be \"(.*)\", and the reason should be \"(.*)\"",
    (world, [type = "", text = "", variant, reason = ""]) => {
      serves(world, valueOf(type, unquote(text)))
      says(world, variant, reason)
    }
  ],
  [
    "the variant should be \"(.*)\", and the reason should be \"(.*)\"",
    (world, [variant, reason = ""]) => says(world, variant, reason)
  ],
  ["the resolved flag value is \"(.*)\" when the context is empty", async (world, [text = ""]) => {
    world.invocation = {}
    await world.evaluate()
    serves(world, text)
  }],
  ["the default (?:string|integer) value should be returned", (world) => serves(world, world.asked.fallback)],
  [
    "the reason should indicate an error and the error code should indicate a (?:missing flag|type mismatch) with \"(.*)\"",
    (world, [code]) => {
      says(world, undefined, "ERROR")
      assert.strictEqual<unknown>(world.details?.errorCode, code)
    }
  ],
  [
    "the resolved details value should be \"(.*)\"",
    (world, [text = ""]) => serves(world, valueOf(world.asked.type, text))
  ],
  ["the reason should be \"(.*)\"", (world, [reason = ""]) => says(world, undefined, reason)],
  ["the error-code should be \"(.*)\"", (world, [code]) => assert.strictEqual<unknown>(world.details?.errorCode, code)],
  ["the flag key should be \"(.*)\"", (world, [key]) => assert.strictEqual(world.details?.flagKey, key)],
  ["the variant should be \"([^\"]*)\"", (world, [variant]) => assert.strictEqual(world.details?.variant, variant)],
  ["the resolved metadata should contain", (world, _, [, ...rows]) => {
    const expected = rows.map(([key = "", type = "", text = ""]) => [key, valueOf(type, text)])
    assert.deepStrictEqual<unknown>(world.details?.flagMetadata, Object.fromEntries(expected))
  }],
  ["the resolved metadata is empty", (world) => assert.deepStrictEqual(world.details?.flagMetadata, {})],
  ["the evaluation details should be immutable", (world) => {
    assert.isTrue(Object.isFrozen(world.details?.flagMetadata))
    assert.isTrue(Object.isFrozen(world.details?.value))
  }],
  ["the evaluation should complete without blocking", (world) => assert.isDefined(world.details)],

  // Hooks
  ["a client with added hook", (world) => {
    world.client.addHooks(world.hook)
  }],
  [
    "the \"(before|error)\" hook should have been executed",
    (world, [stage = ""]) => assert.include(world.hook.stages, stage)
  ],
  ["the \"(.*)\" hooks should be called with evaluation details", (world, [stages = ""], [, ...rows]) => {
    for (const stage of stages.split(", ")) {
      const details = world.hook.details.get(stage)
      const said = {
        flag_key: details?.flagKey,
        value: details?.value,
        variant: details?.variant,
        reason: details?.reason,
        error_code: details?.errorCode
      }
      const expected = rows.map((
        [type = "", key = "", text = ""]
      ) => [key, text === "null" ? undefined : valueOf(type, text)])
      assert.deepStrictEqual<unknown>(said, Object.fromEntries(expected))
    }
  }],
  ["evaluation options containing specific hooks", () => {}],
  ["the flag was evaluated with details using the evaluation options", (world) => world.evaluate(world.hooks)],
  ["the specified hooks should execute during evaluation", (world) => {
    for (const { stages } of world.hooks) assert.deepStrictEqual(stages, ["before", "after", "finally"])
  }],
  ["the hook order should be maintained", async (world) => {
    const order: Array<string> = []
    const named = (name: string) => ({
      before: () => void order.push(`before ${name}`),
      after: () => void order.push(`after ${name}`)
    })
    await world.evaluate([named("first"), named("second")])
    assert.deepStrictEqual(order, ["before first", "before second", "after second", "after first"])
  }]
]

const patterns = steps.map(([pattern, run]) => ({ pattern: new RegExp(`^${pattern}$`), run }))

/** Fails where a step means nothing, or more than one thing. */
export const runStep = async (world: World, { table, text }: Step): Promise<void> => {
  const meanings = patterns.flatMap(({ pattern, run }) => {
    const match = pattern.exec(text)
    return match === null ? [] : [() => run(world, match.slice(1), table)]
  })
  assert.lengthOf(meanings, 1, `meanings of: ${text}`)
  await meanings[0]?.()
}
