/**
 * Flags that were asked for and are not there: all are counted, and some are named.
 */
import * as Schema from "effect/Schema"
import { FlagKey } from "../Key.ts"
import type { Reporter } from "./reporter.ts"

/** How many flags are named until {@link MissingFlags.forget}. */
const limit = 100

const isFlagKey = Schema.is(FlagKey)

export class MissingFlags {
  /** Decisions that asked for a flag that the snapshot does not have. */
  missing = 0
  /** Decisions that asked before there was a snapshot. */
  unready = 0
  private readonly reporter: Reporter
  private readonly named = new Set<unknown>()

  constructor(reporter: Reporter) {
    this.reporter = reporter
  }

  count(flag: unknown, isReady: boolean): void {
    if (!isReady) {
      this.unready++
      return
    }
    this.missing++
    if (this.named.has(flag) || this.named.size >= limit) return
    const name = isFlagKey(flag) ? flag : null
    if (this.named.has(name)) return
    this.named.add(name)
    this.reporter.report({ _tag: "FlagMissing", flag: name })
  }

  /** Each flag may be named again. */
  forget(): void {
    this.named.clear()
  }
}
