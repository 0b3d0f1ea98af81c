/** What somebody published, and what the store said to it. */
export class Ledger {
  /** Publishes that were tried are numbered from 1: the number is what the flag serves then. */
  tried = 0
  /** The last one that the store acknowledged. */
  latest = 0
  /** What publishers were told instead of an acknowledgement. */
  readonly told = new Set<string>()
  /** The version of the ruleset that each acknowledged publish became. */
  readonly acknowledged = new Map<number, number>()

  acknowledge(value: number, version: number): void {
    this.acknowledged.set(value, version)
    this.latest = value
  }

  /** The store was set back to that publish. */
  rewind(value: number): void {
    for (const later of this.acknowledged.keys()) {
      if (later > value) this.acknowledged.delete(later)
    }
    this.latest = value
  }
}
