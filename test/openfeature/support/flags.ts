/** The flags of OpenFeature's specification as a manifest: its operators are our rules. */
import type { FlagMetadata, JsonValue } from "@openfeature/server-sdk"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type * as Condition from "rulestead/Condition"
import type * as Manifest from "rulestead/Manifest"
import { directory, type Scenario } from "./gherkin.ts"

interface SpecifiedFlag {
  readonly variants: Readonly<Record<string, JsonValue>>
  readonly defaultVariant?: string | null
  readonly disabled?: boolean
  readonly contextEvaluator?: string
  readonly flagMetadata?: FlagMetadata | null
}

export const specified = (): Readonly<Record<string, SpecifiedFlag>> =>
  JSON.parse(readFileSync(join(directory, "test-flags.json"), "utf8"))

/** A feature file speaks of a flag that the file of flags lacks. */
const contextAware: SpecifiedFlag = {
  variants: { internal: "INTERNAL", external: "EXTERNAL" },
  defaultVariant: "external",
  contextEvaluator: "fn == 'Sulisław' && ln == 'Świętopełk' && age == 29 && !customer ? 'internal' : ''"
}

export const manifestFor = (scenarios: ReadonlyArray<Scenario>): Manifest.Input => ({
  schemaVersion: 1,
  flags: Object.entries({ ...specified(), "context-aware": contextAware }).map(([key, flag]) =>
    toFlag(key, flag, fallbackOf(key, scenarios))
  )
})

const toFlag = (
  key: string,
  { contextEvaluator, defaultVariant, disabled, variants }: SpecifiedFlag,
  fallback: JsonValue
): Manifest.Input["flags"][number] => {
  const [condition = "", chosen = ""] = contextEvaluator?.split(" ? ") ?? []
  const variant = contextEvaluator === undefined ? defaultVariant : chosen.split("'")[1]
  const rules = variant === undefined || variant === null ? [] : [{
    key: "specified",
    strategy: "variant_split" as const,
    conditions: condition === "" ? [] : condition.split(" && ").map(toCondition),
    rollout: { percentage: 100 },
    variants: [{ key: variant, weight: 100, value: variants[variant] ?? null }] as const
  }]
  return {
    ...typed(key, variants[defaultVariant ?? ""] ?? Object.values(variants)[0] ?? null),
    ruleset: { rules },
    // A disabled flag of OpenFeature has the caller's fallback; a kill switch has a value of its own.
    ...(disabled === true ? { killSwitch: { value: fallback } } : {})
  }
}

const typed = (key: string, defaultValue: JsonValue) => {
  switch (typeof defaultValue) {
    case "boolean":
      return { key, valueType: "boolean", defaultValue } as const
    case "string":
      return { key, valueType: "string", defaultValue } as const
    case "number":
      return { key, valueType: "number", defaultValue } as const
    default:
      return { key, valueType: "json", defaultValue } as const
  }
}

const toCondition = (text: string): typeof Condition.Condition.Encoded => {
  const [attribute = "", operator, value = ""] = text.split(" ")
  if (attribute.startsWith("!")) return { attribute: attribute.slice(1), operator: "equals", value: false }
  const constant = value.startsWith("'") ? value.slice(1, -1) : Number(value)
  return operator === ">"
    ? { attribute, operator: "gt", value: Number(constant) }
    : { attribute, operator: "equals", value: constant }
}

const fallbackOf = (key: string, scenarios: ReadonlyArray<Scenario>): JsonValue => {
  const pattern = new RegExp(`^a (\\w+)-flag with key "${key}" and a fallback value "(.*)"$`)
  for (const { text } of scenarios.flatMap(({ steps }) => steps)) {
    const [, type, value] = pattern.exec(text) ?? []
    if (type !== undefined && value !== undefined) return valueOf(type, value)
  }
  return null
}

/** A value as the feature files spell it. */
export const valueOf = (type: string, text: string): JsonValue => {
  switch (type.toLowerCase()) {
    case "boolean":
      return text === "true"
    case "integer":
    case "float":
    case "number":
      return Number(text)
    case "object":
      return JSON.parse(text.replaceAll("\\\"", "\""))
    default:
      return text
  }
}
