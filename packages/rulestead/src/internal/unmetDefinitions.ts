/**
 * Flags that serve what their definitions in the code do not expect: all are counted, and some are named.
 */
import { Named } from "./named.ts"
import type { Reporter } from "./reporter.ts"

export class UnmetDefinitions {
  /** Decisions whose answer did not fit. */
  unmet = 0
  private readonly reporter: Reporter
  private readonly named = new Named()

  constructor(reporter: Reporter) {
    this.reporter = reporter
  }

  count(flag: string): void {
    this.unmet++
    if (this.named.isKnown(flag)) return
    this.named.add(flag)
    this.reporter.report({ _tag: "DefinitionUnmet", flag })
  }

  /** Each flag may be named again. */
  forget(): void {
    this.named.forget()
  }
}
