import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import type { Condition } from "rulestead/Condition"
import * as InvalidInput from "rulestead/InvalidInput"
import * as Snapshot from "rulestead/Snapshot"
import * as EntryShape from "../../src/internal/entryShape.ts"

const conditions: ReadonlyArray<Condition> = [
  { attribute: "plan", operator: "equals", value: { tiers: ["pro", 1, null] } },
  { attribute: "attributes.org.tier", operator: "not_equals", value: false },
  { attribute: "actor.role", operator: "in", values: ["admin", "owner"] },
  { attribute: "age", operator: "not_in", values: [1, 2.5] },
  { attribute: "beta", operator: "in", values: [true] },
  { attribute: "age", operator: "gt", value: 1 },
  { attribute: "age", operator: "gte", value: -1 },
  { attribute: "age", operator: "lt", value: 0 },
  { attribute: "age", operator: "lte", value: 1e300 },
  { attribute: "email", operator: "regex", pattern: "@example\\.com$", flags: "i" },
  { attribute: "email", operator: "regex", pattern: "x" },
  { attribute: "targetingKey", operator: "exists" }
]

const rollout = { percentage: 12.5, bucketBy: "tenant", salt: "s" } as const

const variants = [{ key: "a", weight: 50, value: 1 }, { key: "b", weight: 50, value: [] }] as const

const flag: Snapshot.FlagEntry = {
  key: "checkout",
  valueType: "json",
  defaultValue: { a: [null] },
  rulesetVersion: 3,
  salt: "",
  hashVersion: 1,
  rules: [
    { key: "forced", strategy: "forced_value", description: "why", conditions, value: null },
    { key: "members", strategy: "segment_match", conditions: [], audience: "staff", value: 0 },
    { key: "some", strategy: "percentage_rollout", conditions: [], rollout },
    { key: "some more", strategy: "percentage_rollout", conditions: [], rollout, value: "on" },
    { key: "split", strategy: "variant_split", conditions: [], rollout, variants },
    {
      key: "trial",
      strategy: "experiment",
      conditions: [],
      experiment: { salt: "one", bucketBy: "subject", holdout: 5 },
      variants
    }
  ],
  killSwitch: { value: "off" }
}

const audiences: ReadonlyArray<Snapshot.AudienceEntry> = [
  { key: "staff", definition: { conditions: [{ attribute: "actor.staff", operator: "exists" }] } },
  { key: "everyone", definition: { everyone: true }, archived: true }
]

const decodeFlag = InvalidInput.decodeResult("flag", Snapshot.FlagEntry)
const decodeAudience = InvalidInput.decodeResult("audience", Snapshot.AudienceEntry)

/** Every place in a document, as the keys that lead there. */
const places = (document: unknown, path: ReadonlyArray<string> = []): ReadonlyArray<ReadonlyArray<string>> =>
  typeof document === "object" && document !== null
    ? [path, ...Object.entries(document).flatMap(([key, value]) => places(value, [...path, key]))]
    : [path]

/** A copy in which something else is at a place. */
const replaced = (document: unknown, [key, ...path]: ReadonlyArray<string>, value: unknown): unknown => {
  if (key === undefined || typeof document !== "object" || document === null) return value
  const copy = Array.isArray(document) ? [...document] : { ...document }
  if (path.length === 0 && value === undefined && Array.isArray(copy)) copy.splice(Number(key), 1)
  else if (path.length === 0 && value === undefined) Reflect.deleteProperty(copy, key)
  else Reflect.set(copy, key, replaced(Reflect.get(document, key), path, value))
  return copy
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    "",
    " ",
    "a",
    "A b",
    "checkout",
    0,
    -1,
    0.125,
    100.001,
    101,
    1e21,
    NaN,
    true
  ),
  fc.constantFrom<unknown>([], [[]], {}, { value: 1 }, { everyone: false }, { conditions: [] }, ["a", 1], [null]),
  fc.constantFrom("forced_value", "experiment", "regex", "exists", "gt", "subject", "(", "org.tier", "x".repeat(300)),
  fc.jsonValue()
)

/** A document with one to three places replaced, removed or added. */
const damaged = (document: unknown) =>
  fc.array(fc.tuple(fc.nat(), fc.constantFrom("", "surprise", "value", "salt", "key"), odd), {
    minLength: 1,
    maxLength: 3
  })
    .map((edits) =>
      edits.reduce<unknown>((edited, [at, added, value]) => {
        const all = places(edited)
        const place = all[at % all.length] ?? []
        return replaced(edited, added === "" ? place : [...place, added], value)
      }, document)
    )

const agree = (
  isPlain: (input: unknown) => boolean,
  decode: (input: unknown) => Result.Result<unknown, unknown>,
  document: unknown
) => {
  if (isPlain(document)) assert.deepStrictEqual(decode(document), Result.succeed(document))
}

describe("the quick look at entries", () => {
  it("passes every rule, condition and audience that there can be", () => {
    assert.isTrue(EntryShape.isFlagEntry(flag))
    for (const audience of audiences) assert.isTrue(EntryShape.isAudienceEntry(audience))
  })

  it("passes nothing that the schema would refuse or change", () => {
    fc.assert(
      fc.property(damaged(flag), (document) => agree(EntryShape.isFlagEntry, decodeFlag, document)),
      { numRuns: 5000 }
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...audiences).chain(damaged),
        (document) => agree(EntryShape.isAudienceEntry, decodeAudience, document)
      ),
      { numRuns: 2000 }
    )
  })

  it("passes most of what the schema takes as it is, for that is what it is for", () => {
    const taken = fc.sample(damaged(flag), 2000).filter((document) => Result.isSuccess(decodeFlag(document)))
    const same = taken.filter((document) => {
      const decoded = decodeFlag(document)
      return Result.isSuccess(decoded) && JSON.stringify(decoded.success) === JSON.stringify(document)
    })
    assert.isAbove(same.length, 0)
    for (const document of same) assert.isTrue(EntryShape.isFlagEntry(document))
  })
})
