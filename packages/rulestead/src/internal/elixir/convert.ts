/**
 * A document of Elixir Rulestead as a manifest.
 */
import * as Effect from "effect/Effect"
import type { Audience } from "../../Audience.ts"
import type { Finding } from "../../Finding.ts"
import * as Manifest from "../../Manifest.ts"
import * as Ruleset from "../../Ruleset.ts"
import { fieldOf, listAt } from "../document.ts"
import { toAudience } from "./audiences.ts"
import { toDetails } from "./details.ts"
import { Notes } from "./notes.ts"
import { type AudienceStanding, toRules, valuesIn } from "./rules.ts"
import { isGiven, isObject, textAt } from "./shapes.ts"
import { reader, typeOf } from "./values.ts"

interface Converted {
  readonly manifest: Manifest.Manifest
  readonly findings: ReadonlyArray<Finding>
}

type Audiences = ReadonlyMap<string, Audience | "nobody" | "refused">

/** Goes through the flags one by one; what cannot be the same is left out. */
export const convert = Effect.fnUntraced(function*(input: unknown, audienceRows: ReadonlyArray<unknown>) {
  const notes = new Notes()
  if (isGiven(fieldOf(input, "tenant_key"))) {
    notes.at("tenant_key").warn(
      "tenant",
      "tenants have no flags of their own here",
      "an environment each, if they must"
    )
  }
  const audiences: Audiences = new Map(
    audienceRows.map((row, index) => [textAt(row, "key") ?? "", toAudience(row, notes.at("audiences", index))])
  )
  const known = [...audiences.values()].filter((audience) => typeof audience === "object")
  const flags = new Map<string, Manifest.FlagContent>()
  for (const [index, row] of listAt(input, "flags").entries()) {
    const place = new Notes(["flags", index])
    const flag = yield* toFlag(row, audiences, known, place)
    if (flag !== undefined && flags.has(flag.key)) {
      place.refuse("unique_key", "a flag before this one has the same key", "leave one of them out")
    }
    notes.findings.push(...place.findings)
    if (flag !== undefined && !place.isRefused()) flags.set(flag.key, flag)
  }
  const used = new Set([...flags.values()].flatMap(audiencesOf))
  const converted: Converted = {
    manifest: {
      schemaVersion: 1,
      audiences: known.filter(({ key }) => used.has(key)),
      flags: [...flags.values()]
    },
    findings: notes.findings
  }
  return converted
})

const audiencesOf = ({ draft, ruleset }: Manifest.FlagContent): ReadonlyArray<string> =>
  [draft, ruleset].flatMap((ruleset) => ruleset === undefined ? [] : Ruleset.audiences(ruleset))

const toFlag = Effect.fnUntraced(
  function*(row: unknown, audiences: Audiences, known: ReadonlyArray<Audience>, notes: Notes) {
    const status = fieldOf(fieldOf(row, "environment"), "status")
    if (status === "archived") {
      notes.at("environment", "status").warn("archived", "the flag is archived there", "it is left out")
      return undefined
    }
    const flag = fieldOf(row, "flag")
    const active = fieldOf(row, "active_ruleset")
    const rules = listAt(active, "rules")
    const defaultValue = fieldOf(flag, "default_value")
    const valueType = typeOf(
      fieldOf(flag, "value_type"),
      [defaultValue, ...valuesIn(rules)],
      notes.at("flag", "value_type")
    )
    const toValue = reader(valueType)
    const salt = textAt(active, "salt")
    const ruleset = {
      ...(salt === undefined ? {} : { salt }),
      rules: toRules(rules, { toValue, standingOf: standing(audiences) }, notes.at("active_ruleset", "rules"))
    }
    const off = toValue(defaultValue, notes.at("flag", "default_value"))
    const content = {
      key: fieldOf(row, "flag_key"),
      valueType,
      defaultValue: off,
      ...toDetails(flag, notes.at("flag")),
      ...placed(ruleset, isObject(active), status, off, notes)
    }
    if (notes.isRefused()) return undefined
    const decoded = yield* Effect.result(Manifest.decode({ schemaVersion: 1, audiences: known, flags: [content] }))
    if (decoded._tag === "Success") return decoded.success.flags[0]
    for (const { allowed, found, path, rule } of decoded.failure.problems) {
      notes.refuse(rule, `as a manifest, ${path} would be refused: found ${found}`, `allowed is: ${allowed}`)
    }
    return undefined
  }
)

const standing = (audiences: Audiences) => (key: string): AudienceStanding => {
  const audience = audiences.get(key)
  return typeof audience === "object" ? "known" : audience ?? "missing"
}

/** Live are flags that are active or killed; what is not live is a draft. */
const placed = (ruleset: unknown, isPublished: boolean, status: unknown, off: unknown, notes: Notes) => {
  if (!isPublished) return {}
  switch (status) {
    case "active":
      return { ruleset }
    case "killswitched":
      if (typeof off !== "boolean" && off !== null) {
        notes.at("environment", "status").warn(
          "killed",
          "a killed flag that is not boolean counts as on there",
          "it counts as off here, and serves the same value"
        )
      }
      return { ruleset, killSwitch: { value: off } }
    default:
      notes.at("environment", "status").warn("not_live", "the flag is not live there", "its rules are a draft here")
      return { draft: ruleset }
  }
}
