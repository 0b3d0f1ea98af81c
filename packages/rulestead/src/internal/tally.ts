/**
 * How often which answer was served.
 *
 * Deciding only increments a number on the outcome itself. The numbers are moved here when they are asked for, and when
 * an outcome goes because its flag was compiled again.
 */
import type { Outcome, Reason } from "../Decision.ts"
import type { CompiledFlag } from "../Evaluator.ts"

/** The answer `reason` of a flag, with the variant if there is one, was served `count` times. */
export interface DecisionCount {
  readonly flag: string
  readonly variant: string | null
  readonly reason: Reason
  readonly count: number
}

export class Tally {
  private readonly flags = new Map<string, Array<Entry>>()

  /** Moves what was served of these flags here. */
  collect(flags: Iterable<CompiledFlag>): void {
    for (const { key, outcomes } of flags) {
      for (const served of outcomes) {
        if (served.count === 0) continue
        this.entry(key, served.outcome).count += served.count
        served.count = 0
      }
    }
  }

  /** All that was collected. */
  counts(): ReadonlyArray<DecisionCount> {
    return this.entries().map(({ count, flag, reason, variant }) => ({ flag, variant, reason, count })).toArray()
  }

  /** What was collected since it was last taken. */
  take(): ReadonlyArray<DecisionCount> {
    return this.entries().filter(({ count, taken }) => count > taken).map((entry) => {
      const { count, flag, reason, taken, variant } = entry
      entry.taken = count
      return { flag, variant, reason, count: count - taken }
    }).toArray()
  }

  private entries(): IteratorObject<Entry> {
    return this.flags.values().flatMap((entries) => entries)
  }

  private entry(flag: string, { reason, variant }: Outcome): Entry {
    const entries = this.flags.get(flag) ?? []
    const known = entries.find((entry) => entry.variant === variant && entry.reason === reason)
    if (known !== undefined) return known
    const entry = { flag, variant, reason, count: 0, taken: 0 }
    this.flags.set(flag, [...entries, entry])
    return entry
  }
}

interface Entry extends DecisionCount {
  count: number
  taken: number
}
