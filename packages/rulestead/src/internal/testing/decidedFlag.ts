/**
 * A flag whose decision is known beforehand, for tests.
 */
import type { Reason } from "../../Decision.ts"
import { type CompiledFlag, compileFlag } from "../../Evaluator.ts"
import { isEnabled, typeOf, type Value } from "../../Value.ts"

export class Forced {
  readonly value: Value
  readonly variant: string | null
  readonly reason: Reason

  constructor(value: Value, variant: string | null, reason: Reason) {
    this.value = value
    this.variant = variant
    this.reason = reason
  }
}

export const make = (key: string, decided: Value | Forced): CompiledFlag => {
  const { reason, value, variant } = decided instanceof Forced ? decided : new Forced(decided, null, "rule_match")
  const flag = compileFlag({
    key,
    valueType: typeOf(value),
    defaultValue: structuredClone(value),
    rulesetVersion: 1,
    hashVersion: 1,
    rules: []
  })
  const isMatch = reason === "rule_match"
  return flag.deciding({
    ...flag.program.fallthrough.outcome,
    enabled: reason === "killed" ? value === true : isEnabled(value),
    variant,
    reason,
    rule: isMatch ? "forced" : null,
    selection: isMatch ? "everybody" : null
  })
}
