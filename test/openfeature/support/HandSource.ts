/** A source whose every change a test makes by hand. It serves what it is told to, from a snapshot of the environment prod. */
import type { OwnedSource } from "@rulestead/openfeature"
import type { Decision, Provenance, Selection } from "rulestead/Decision"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import type { Change } from "rulestead/SnapshotCache"
import type { Value } from "rulestead/Value"

export class HandSource implements OwnedSource {
  provenance: Provenance
  value: Value = true
  selection: Selection = "everybody"
  /** Of the questions so far. */
  readonly contexts: Array<EvaluationContext> = []
  closed = 0
  listeners: ReadonlyArray<(change: Change) => void> = []

  constructor(provenance: Partial<Provenance> = {}) {
    this.provenance = { environment: "prod", epoch: "epoch-1", version: 7, source: "live", stale: false, ...provenance }
  }

  readonly evaluate = (flag: string, context: EvaluationContext): Decision => {
    this.contexts.push(context)
    return {
      flag,
      value: this.value,
      enabled: true,
      variant: null,
      reason: "rule_match",
      rule: "all",
      selection: this.selection,
      rulesetVersion: 3,
      holdout: false,
      snapshot: this.provenance
    }
  }

  readonly health = () => {
    const { environment, source, stale } = this.provenance
    const readiness = source === "live"
      ? { _tag: "Fresh" as const }
      : { _tag: "Empty" as const, reason: "unreachable" as const }
    return { environment, ready: source !== "none", stale, readiness }
  }

  readonly onChange = (listener: (change: Change) => void) => {
    this.listeners = [...this.listeners, listener]
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener)
    }
  }

  readonly close = async () => {
    this.closed++
  }

  become(
    provenance: Partial<Provenance>,
    changed: ReadonlyArray<string> = [],
    removed: ReadonlyArray<string> = []
  ): void {
    this.provenance = { ...this.provenance, ...provenance }
    for (const listener of this.listeners) listener({ ...this.provenance, changed, removed })
  }
}

/** A source that has no snapshot yet. */
export const empty = (): HandSource => new HandSource({ epoch: null, version: 0, source: "none", stale: true })
