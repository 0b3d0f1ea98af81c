import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Flag from "rulestead/Flag"
import { Rulestead } from "rulestead/Rulestead"
import type { FlagEntry } from "rulestead/Snapshot"
import { expectTypeOf } from "vitest"
import { build, eventsOf, type Node } from "./support/Nodes.ts"
import { flagEntry, on } from "./support/Published.ts"
import { ScriptedFeed } from "./support/ScriptedFeed.ts"

const user = { targetingKey: "user-1" }

const Banner = Flag.make("banner", {
  schema: Schema.Struct({ text: Schema.String, until: Schema.DateFromString }),
  default: { text: "", until: new Date(0) }
})

const december = { text: "sale", until: new Date("2026-12-01") }

const banner = (value: FlagEntry["defaultValue"]): FlagEntry =>
  flagEntry("banner", { valueType: "json", defaultValue: value })

const layout: FlagEntry = flagEntry("layout", {
  valueType: "string",
  defaultValue: "plain",
  rules: [{
    key: "all",
    strategy: "variant_split",
    conditions: [],
    rollout: { percentage: 100, bucketBy: "subject" },
    variants: [{ key: "b", weight: 100, value: "right" }]
  }]
})

const serving = (...entries: ReadonlyArray<FlagEntry>): Effect.Effect<Node> =>
  Effect.suspend(() => {
    const feed = new ScriptedFeed()
    feed.published.put(...entries)
    return Effect.scoped(build(feed)).pipe(Effect.orDie)
  })

describe("asking by a definition", () => {
  it.effect("serves what the flag serves, decoded", () =>
    Effect.gen(function*() {
      const { rulestead } = yield* serving(
        on("checkout"),
        banner({ text: "sale", until: "2026-12-01T00:00:00.000Z" }),
        flagEntry("limit", { valueType: "number", defaultValue: 7 }),
        layout
      )
      assert.isTrue(yield* rulestead.enabled(Flag.boolean("checkout"), user))
      assert.isTrue(yield* rulestead.value(Flag.boolean("checkout"), user))
      assert.deepStrictEqual(yield* rulestead.value(Banner, user), december)
      assert.strictEqual(yield* rulestead.value(Flag.number("limit", { default: 1 }), user), 7)
      assert.strictEqual(yield* rulestead.value(Flag.string("layout", { default: "" }), user), "right")
      assert.strictEqual(
        yield* rulestead.variant(Flag.string("layout", { default: "", variants: ["a", "b"] }), user),
        "b"
      )
      assert.deepStrictEqual(rulestead.valueUnsafe(Banner, user), yield* rulestead.value(Banner, user))
    }))

  it.effect("evaluates and explains the flag as it was authored", () =>
    Effect.gen(function*() {
      const { rulestead } = yield* serving(banner("authored"))
      assert.strictEqual((yield* rulestead.evaluate(Banner, user)).value, "authored")
      assert.strictEqual((yield* rulestead.explain(Banner, user)).outcome.value, "authored")
    }))

  it.effect("serves the default of the code while the flag is not known", () =>
    Effect.gen(function*() {
      const node = yield* serving()
      assert.isTrue(yield* node.rulestead.enabled(Flag.boolean("checkout", { default: true }), user))
      assert.isFalse(yield* node.rulestead.enabled(Flag.boolean("checkout"), user))
      assert.strictEqual(yield* node.rulestead.value(Banner, user), Banner.default)
      assert.isUndefined(yield* node.rulestead.variant(Banner, user))
      assert.deepStrictEqual(eventsOf(node, "FlagMissing").map(({ flag }) => flag), ["checkout", "banner"])
      assert.deepStrictEqual(eventsOf(node, "DefinitionUnmet"), [])
    }))

  it.effect("decodes a value once, however often it is served", () =>
    Effect.gen(function*() {
      const { rulestead } = yield* serving(banner({ text: "sale" }))
      let decoded = 0
      const definition = Flag.decoded("banner", {
        decode: (value) => {
          decoded++
          return { value }
        },
        default: { value: null }
      })
      const first = yield* rulestead.value(definition, user)
      assert.strictEqual(yield* rulestead.value(definition, {}), first)
      assert.strictEqual(decoded, 1)
    }))
})

describe("a flag that serves what its definition does not expect", () => {
  it.effect("serves the default of the code, and is reported once in a while, without the value", () =>
    Effect.gen(function*() {
      const feed = new ScriptedFeed()
      feed.published.put(banner({ text: "secret", until: "soon" }), on("checkout"))
      const node = yield* build(feed)
      const unmet = () => eventsOf(node, "DefinitionUnmet").map(({ flag }) => flag)
      for (let turn = 0; turn < 3; turn++) {
        assert.strictEqual(yield* node.rulestead.value(Banner, user), Banner.default)
        assert.strictEqual(yield* node.rulestead.value(Flag.string("checkout", { default: "bye" }), user), "bye")
      }
      assert.deepStrictEqual(unmet(), ["banner", "checkout"])
      assert.strictEqual((yield* node.rulestead.health).counts.unmet, 6)
      assert.notInclude(JSON.stringify(node.events()), "secret")
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(yield* node.rulestead.value(Banner, user), Banner.default)
      assert.deepStrictEqual(unmet(), ["banner", "checkout", "banner"])
    }))

  it.effect("fits again as soon as another value is published", () =>
    Effect.gen(function*() {
      const feed = new ScriptedFeed()
      feed.published.put(banner(null))
      const { rulestead } = yield* build(feed)
      assert.strictEqual((yield* rulestead.value(Banner, user)).text, "")
      feed.published.put(banner({ text: "sale", until: "2026-12-01" }))
      yield* rulestead.refresh
      assert.strictEqual((yield* rulestead.value(Banner, user)).text, "sale")
    }))

  it.effect("has no variant that the definition does not have", () =>
    Effect.gen(function*() {
      const node = yield* serving(layout)
      const definition = Flag.string("layout", { default: "", variants: ["a"] })
      assert.isUndefined(yield* node.rulestead.variant(definition, user))
      assert.strictEqual(yield* node.rulestead.variant("layout", user), "b")
      assert.deepStrictEqual(eventsOf(node, "DefinitionUnmet").map(({ flag }) => flag), ["layout"])
    }))

  it.effect("serves the default whatever decoding throws", () =>
    Effect.gen(function*() {
      const { rulestead } = yield* serving(on("checkout"))
      const definition = Flag.decoded("checkout", {
        decode: (): string => {
          throw new Error("a defect of the application")
        },
        default: "bye"
      })
      assert.strictEqual(yield* rulestead.value(definition, user), "bye")
    }))
})

describe("the types of a definition", () => {
  it("are the key, the values and the variants, as literals", () => {
    const layout = Flag.make("layout", {
      schema: Schema.Literals(["left", "right"]),
      default: "left",
      variants: ["a", "b"]
    })
    expectTypeOf(layout).toEqualTypeOf<Flag.Definition<"left" | "right", "layout", "a" | "b">>()
    expectTypeOf(layout.key).toEqualTypeOf<"layout">()
    const ask = (rulestead: Rulestead["Service"]) => ({
      value: rulestead.value(layout, user),
      variant: rulestead.variant(layout, user),
      any: rulestead.variant(Banner, user),
      banner: rulestead.value(Banner, user),
      enabled: rulestead.enabled(Flag.boolean("checkout"))
    })
    type Answers = ReturnType<typeof ask>
    expectTypeOf<Answers["value"]>().toEqualTypeOf<Effect.Effect<"left" | "right">>()
    expectTypeOf<Answers["variant"]>().toEqualTypeOf<Effect.Effect<"a" | "b" | undefined>>()
    expectTypeOf<Answers["any"]>().toEqualTypeOf<Effect.Effect<string | undefined>>()
    expectTypeOf<Answers["banner"]>().toEqualTypeOf<Effect.Effect<{ readonly text: string; readonly until: Date }>>()
    expectTypeOf<Answers["enabled"]>().toEqualTypeOf<Effect.Effect<boolean>>()
    expectTypeOf(Rulestead.value(layout)).toEqualTypeOf<Effect.Effect<"left" | "right", never, Rulestead>>()
    expectTypeOf(Rulestead.variant(layout)).toEqualTypeOf<Effect.Effect<"a" | "b" | undefined, never, Rulestead>>()
  })

  it("refuse a default of another type, and a question that the flag cannot answer", () => {
    assert.isFunction(() => {
      // @ts-expect-error a default that is not of the schema's type
      Flag.make("banner", { schema: Schema.Struct({ text: Schema.String }), default: { text: 1 } })
      // @ts-expect-error a default that is none of the literals
      Flag.make("layout", { schema: Schema.Literals(["left", "right"]), default: "middle" })
      // @ts-expect-error a default of another type
      Flag.number("limit", { default: "ten" })
      // @ts-expect-error a default that is needed
      Flag.string("banner", {})
      // @ts-expect-error a schema that needs a service
      Flag.make("banner", { schema: needsService, default: "" })
      // @ts-expect-error whether text is on
      void Rulestead.enabled(Flag.string("banner", { default: "" }))
    })
  })
})

declare const needsService: Schema.Codec<string, string, Rulestead>
