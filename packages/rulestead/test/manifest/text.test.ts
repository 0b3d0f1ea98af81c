import { assert, describe, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Manifest from "rulestead/Manifest"
import * as ManifestYaml from "rulestead/ManifestYaml"
import { anyManifest } from "../../../../test/support/manifests.ts"
import { property } from "../../../../test/support/property.ts"

const root = join(import.meta.dirname, "../../../..")

const read = (file: string) => readFileSync(join(root, file), "utf8")

const storefront = read("examples/storefront.flags.json")

/** The same content with everything that has no order of its own in another one. */
const reordered = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(reordered)
  return Object.fromEntries(
    Object.entries(value).reverse().map(([name, member]) => [
      name,
      ["flags", "audiences", "tags"].includes(name) && Array.isArray(member)
        ? member.toReversed().map(reordered)
        : reordered(member)
    ])
  )
}

describe("the text of a manifest", () => {
  for (const [format, { parse, print }] of Object.entries({ JSON: Manifest, YAML: ManifestYaml })) {
    it.effect(`in ${format} says what the manifest says`, () =>
      property(anyManifest, (input) =>
        Effect.gen(function*() {
          const manifest = yield* Manifest.decode(input)
          const read = yield* parse(print(manifest))
          assert.deepStrictEqual(Manifest.diff(manifest, read), [])
          assert.strictEqual(print(read), print(manifest))
        }), { numRuns: 60 }))

    it.effect(`in ${format} is the same in whatever order the manifest was written`, () =>
      property(anyManifest, (input) =>
        Effect.gen(function*() {
          const [one, other] = [yield* Manifest.decode(input), yield* Manifest.decode(reordered(input))]
          assert.strictEqual(print(one), print(other))
        }), { numRuns: 30 }))
  }

  it.effect("names things before it describes them, and ends with a line break", () =>
    Effect.gen(function*() {
      const manifest = yield* Manifest.decode({
        flags: [{ ruleset: { rules: [] }, defaultValue: { b: 1, a: 2 }, valueType: "json", key: "theme" }],
        schemaVersion: 1
      })
      assert.strictEqual(
        ManifestYaml.print(manifest),
        `schemaVersion: 1
audiences: []
flags:
  - key: theme
    defaultValue:
      a: 2
      b: 1
    description: ""
    lifecycle: null
    purpose: release
    ruleset:
      hashVersion: 1
      rules: []
    tags: []
    valueType: json
`
      )
      assert.isTrue(Manifest.print(manifest).startsWith("{\n  \"schemaVersion\": 1,\n"))
      assert.isTrue(Manifest.print(manifest).endsWith("}\n"))
    }))
})

const problemsOf = (text: string) =>
  Effect.map(
    Effect.flip(ManifestYaml.parse(text)),
    ({ problems }) => problems.map(({ at, path, rule }) => [at?.line, at?.column, path, rule])
  )

describe("YAML", () => {
  it.effect("reads JSON, too", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* ManifestYaml.parse(storefront), yield* Manifest.parse(storefront))
    }))

  it.effect("tells the line and the column of what is wrong, and shows none of it", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ManifestYaml.parse(`schemaVersion: 1
flags:
  - key: checkout
    valueType: boolean
    defaultValue: false
    ruleset:
      rules:
        - { key: launch, strategy: percentage_rollout, rollout: { percentage: 250 }, value: secret }
  - key: Search
    valueType: string
`))
      assert.deepStrictEqual(error.problems.map(({ at, path }) => [at?.line, at?.column, path]), [
        [8, 79, "flags[0].ruleset.rules[0].rollout.percentage"],
        [9, 10, "flags[1].key"],
        [9, 5, "flags[1].defaultValue"],
        [8, 93, "flags[0].ruleset.rules[0].value"]
      ])
      assert.include(error.message, "line 8, column 79: flags[0].ruleset.rules[0].rollout.percentage:")
      assert.notInclude(error.message, "secret")
    }))

  it.effect("that is not YAML is refused where it stops being so, and shows none of it", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(ManifestYaml.parse("flags:\n  - key: [secret\nschemaVersion: 1\n"))
      assert.isNotEmpty(error.problems)
      assert.isTrue(error.problems.every(({ at, rule }) => rule === "yaml" && at !== undefined))
      assert.notInclude(error.message, "secret")
    }))

  it.effect("with a key that is there twice is refused", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* problemsOf("schemaVersion: 1\nschemaVersion: 1\nflags: []\n"), [[2, 1, "", "yaml"]])
    }))

  it.effect("that refers to itself over and over is refused", () =>
    Effect.gen(function*() {
      const lists = Array.from({ length: 9 }, (_, index) => `- &l${index + 1} [${`*l${index}, `.repeat(9)}]`)
      const problems = yield* problemsOf(`- &l0 [x]\n${lists.join("\n")}\n`)
      assert.deepStrictEqual(problems, [[undefined, undefined, "", "yaml"]])
    }))

  it.effect("of any text never throws", () =>
    property(fc.string(), (text) => Effect.asVoid(Effect.result(ManifestYaml.read(text))), { numRuns: 500 }))
})

describe("the JSON Schema of manifests", () => {
  const validate = new Ajv2020({ strict: true, strictTuples: false }).compile(Manifest.jsonSchema())

  it("is the file in the package; otherwise run scripts/manifest-schema.ts", () => {
    const file: unknown = JSON.parse(read("packages/rulestead/manifest.schema.json"))
    assert.deepStrictEqual(file, JSON.parse(JSON.stringify(Manifest.jsonSchema())))
  })

  it("accepts the examples", () => {
    assert.isTrue(validate(JSON.parse(storefront)), JSON.stringify(validate.errors))
    assert.isTrue(validate({ $schema: "./manifest.schema.json", schemaVersion: 1, flags: [] }))
  })

  it("accepts every manifest, as written and as printed", () => {
    fc.assert(fc.property(anyManifest, (input) => validate(input)), { numRuns: 200 })
    const print = (input: unknown) => Manifest.print(Effect.runSync(Manifest.decode(input)))
    fc.assert(fc.property(anyManifest, (input) => validate(JSON.parse(print(input)))), { numRuns: 100 })
  })

  it.each([
    [{ schemaVersion: 2, flags: [] }],
    [{ schemaVersion: 1 }],
    [{ schemaVersion: 1, flags: [], flag: [] }],
    [{ schemaVersion: 1, flags: [{ key: "No", valueType: "boolean", defaultValue: false }] }],
    [{ schemaVersion: 1, flags: [{ key: "no", valueType: "boolean", defaultValue: 1 }] }],
    [{ schemaVersion: 1, flags: [], audiences: [{ key: "all", definition: { conditions: [] } }] }],
    [{
      schemaVersion: 1,
      flags: [{
        key: "checkout",
        valueType: "boolean",
        defaultValue: false,
        ruleset: { rules: [{ key: "r", strategy: "percentage_rollout", rollout: { percentage: 101 } }] }
      }]
    }]
  ])("refuses %j", (input) => {
    assert.isFalse(validate(input))
  })
})
