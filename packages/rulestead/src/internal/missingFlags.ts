/**
 * Flags that were asked for and are not there: all are counted, and some are named.
 */
import * as Schema from "effect/Schema"
import { FlagKey } from "../Key.ts"
import { Named } from "./named.ts"
import type { Reporter } from "./reporter.ts"

const isFlagKey = Schema.is(FlagKey)

export class MissingFlags {
  /** Decisions that asked for a flag that the snapshot does not have. */
  missing = 0
  /** Decisions that asked before there was a snapshot. */
  unready = 0
  private readonly reporter: Reporter
  private readonly named = new Named()

  constructor(reporter: Reporter) {
    this.reporter = reporter
  }

  count(flag: unknown, isReady: boolean): void {
    if (!isReady) {
      this.unready++
      return
    }
    this.missing++
    if (this.named.isKnown(flag)) return
    const name = isFlagKey(flag) ? flag : null
    if (this.named.isKnown(name)) return
    this.named.add(name)
    this.reporter.report({ _tag: "FlagMissing", flag: name })
  }

  /** Each flag may be named again. */
  forget(): void {
    this.named.forget()
  }
}
