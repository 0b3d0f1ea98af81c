/**
 * Which answers were served since when, and which of that the store knows.
 */
import type { Usage } from "../../Evidence.ts"
import type { DecisionCount } from "../tally.ts"

interface Line {
  count: number
  /** When it was last seen to have been served. */
  at: number
  /** The `at` that the store was told. */
  told: number
}

export class Ledger {
  private readonly lines = new Map<string, Line & Omit<Usage, "at">>()

  /** Takes note of the totals at a moment. What was served since the last time, was served now. */
  note(counts: Iterable<DecisionCount>, now: number): void {
    for (const { count, flag, reason, variant } of counts) {
      const id = JSON.stringify([flag, reason, variant])
      const line = this.lines.get(id)
      if (line === undefined) this.lines.set(id, { flag, reason, variant, count, at: now, told: -Infinity })
      else if (count > line.count) {
        line.count = count
        line.at = now
      }
    }
  }

  /** What the store should be told: new answers, and those that it was told `resolution` ago or longer. */
  due(resolution: number): ReadonlyArray<Usage> {
    return this.lines.values()
      .filter(({ at, told }) => at > told && at - told >= resolution)
      .map(({ at, flag, reason, variant }) => ({ flag, variant, reason, at }))
      .toArray()
  }

  told(usage: Iterable<Usage>): void {
    for (const { at, flag, reason, variant } of usage) {
      const line = this.lines.get(JSON.stringify([flag, reason, variant]))
      if (line !== undefined) line.told = at
    }
  }
}
