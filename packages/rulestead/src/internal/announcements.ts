/**
 * The newest version that was announced, as long as it is newer than what is held.
 */
export class Announcements {
  private newest = 0
  private wanted = 0
  private misses = 0

  /**
   * Whether the version is news to somebody who holds `held`. Next to a newer one it is none, unless that one was looked
   * for in vain: then it may never come.
   */
  hear(version: number, held: number): boolean {
    if (version <= held || (version <= this.newest && this.misses === 0)) return false
    this.newest = Math.max(this.newest, version)
    return true
  }

  /** A look at the store begins. */
  look(): void {
    this.wanted = this.newest
  }

  /**
   * How many looks in a row have not found what was announced before they began: 0 when it was announced since, and
   * `undefined` when `held` is all there was to find.
   */
  missed(held: number): number | undefined {
    if (this.newest <= held) {
      this.misses = 0
      return undefined
    }
    this.misses = this.wanted === this.newest ? this.misses + 1 : 0
    return this.misses
  }

  /** What was announced is looked for no more: it was of an epoch that is over. */
  forget(): void {
    this.newest = 0
    this.misses = 0
  }

  get announced(): number {
    return this.newest
  }
}
