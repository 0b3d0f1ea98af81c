import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type FlagOptions, type PageOptions, Store } from "rulestead/Store"
import { invalid } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

/** All keys of a list that begin with `prefix`, `limit` at a time. */
const pagesOf = Effect.fnUntraced(function*<E>(
  list: (options: PageOptions) => Effect.Effect<ReadonlyArray<{ readonly key: string }>, E>,
  prefix: string,
  limit: number
) {
  const pages: Array<ReadonlyArray<string>> = []
  for (let after = prefix; after.startsWith(prefix);) {
    const page = (yield* list({ after, limit })).map(({ key }) => key)
    assert.isAtMost(page.length, limit)
    pages.push(page.filter((key) => key.startsWith(prefix)))
    after = page.at(-1) ?? ""
  }
  return pages.filter((page) => page.length > 0)
})

const suffixes = ["a", "a-", "a-b", "a:b", "a_b", "aa", "b", "0", "9", "zz"]

/** Lists that are too long for one answer. */
export const pages = (it: Scene.It) => {
  it.effect("flags and audiences are listed by key, each once, however long the pages", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const prefix = `${Scene.key("page")}-`
      const keys = suffixes.map((suffix) => `${prefix}${suffix}`)
      for (const key of keys.toReversed()) {
        yield* store.createFlag({ key, valueType: "boolean", defaultValue: true })
        yield* store.createAudience({ key, definition: { everyone: true } })
      }
      for (const limit of [1, 3, 10, 1000]) {
        assert.deepStrictEqual((yield* pagesOf(store.flags, prefix, limit)).flat(), keys.toSorted())
        assert.deepStrictEqual((yield* pagesOf(store.audiences, prefix, limit)).flat(), keys.toSorted())
      }
      assert.strictEqual((yield* pagesOf(store.flags, prefix, 3)).length, 4)
    }))

  it.effect("archived flags are listed only when asked for", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const prefix = `${Scene.key("page")}-`
      for (const suffix of ["a", "b", "c"]) {
        yield* store.createFlag({ key: `${prefix}${suffix}`, valueType: "boolean", defaultValue: true })
      }
      yield* Scene.archive(`${prefix}b`)
      const listed = (archived: boolean | undefined) =>
        Effect.map(pagesOf((options) => store.flags({ ...options, archived }), prefix, 2), (pages) => pages.flat())
      assert.deepStrictEqual(yield* listed(undefined), [`${prefix}a`, `${prefix}c`])
      assert.deepStrictEqual(yield* listed(false), [`${prefix}a`, `${prefix}c`])
      assert.deepStrictEqual(yield* listed(true), [`${prefix}a`, `${prefix}b`, `${prefix}c`])
    }))

  it.effect("flags are listed by their tags and their owner", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const prefix = `${Scene.key("page")}-`
      const create = (suffix: string, tags: ReadonlyArray<string>, ref?: string) =>
        store.createFlag({
          key: `${prefix}${suffix}`,
          valueType: "boolean",
          defaultValue: true,
          tags,
          ...(ref === undefined ? {} : { owner: { kind: "team", ref } })
        })
      yield* create("a", ["home", "it's"], "web")
      yield* create("b", ["home"], "shop")
      yield* create("c", ["it's", "home", "new"], "web")
      yield* create("d", [])
      const listed = (filter: FlagOptions) =>
        Effect.map(
          pagesOf((options) => store.flags({ ...options, ...filter }), prefix, 1),
          (pages) => pages.flat().map((key) => key.slice(prefix.length)).join("")
        )
      assert.strictEqual(yield* listed({ tags: [], owner: undefined }), "abcd")
      assert.strictEqual(yield* listed({ tags: ["home"] }), "abc")
      assert.strictEqual(yield* listed({ tags: ["home", "it's"] }), "ac")
      assert.strictEqual(yield* listed({ owner: "web" }), "ac")
      assert.strictEqual(yield* listed({ owner: "web", tags: ["new"] }), "c")
      assert.strictEqual(yield* listed({ owner: "nobody" }), "")
      yield* Scene.archive(`${prefix}c`)
      assert.strictEqual(yield* listed({ owner: "web" }), "a")
      assert.strictEqual(yield* listed({ owner: "web", archived: true }), "ac")
    }))

  it.effect("a list answers at most a hundred unless told", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const prefix = `${Scene.key("page")}-`
      for (let index = 100; index <= 200; index++) {
        yield* store.createAudience({ key: `${prefix}${index}`, definition: { everyone: true } })
      }
      const page = yield* store.audiences({ after: prefix })
      assert.deepStrictEqual(page.map(({ key }) => key), suffixed(prefix, 100, 199))
    }))

  it.effect("options of pages are checked", () =>
    Effect.gen(function*() {
      const store = yield* Store
      for (const limit of [0, 1001, -1, 1.5]) {
        yield* invalid(store.flags({ limit }), "limit (limit)")
        yield* invalid(store.audiences({ limit }), "limit (limit)")
      }
      yield* invalid(store.flags({ after: "nul\0l", limit: 0 }), "after (flag_key)", "limit (limit)")
      yield* invalid(store.audiences({ after: "No", limit: 0 }), "after (flag_key)", "limit (limit)")
    }))
}

const suffixed = (prefix: string, from: number, to: number): ReadonlyArray<string> =>
  Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${from + index}`)
