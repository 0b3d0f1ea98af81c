/**
 * Whether a subscription hears what is published. A connection can be gone without a word, or lead to somebody who does
 * not pass announcements on.
 */
export class Hearing {
  private epoch: string | null | undefined = undefined
  private isOpen = false
  private newest = 0
  private unheard = 0

  opened(): void {
    this.isOpen = true
    this.epoch = undefined
  }

  heard(version: number): void {
    this.newest = Math.max(this.newest, version)
  }

  /**
   * To be asked for each snapshot that is served. Its announcement may be heard after it is served already, but before
   * the one that follows is. The first after the subscription stood, or in an epoch, is taken as heard.
   */
  isDeafTo({ epoch, version }: { readonly epoch: string | null; readonly version: number }): boolean {
    if (!this.isOpen) return false
    if (this.epoch !== epoch) {
      this.epoch = epoch
      this.newest = version
      this.unheard = 0
      return false
    }
    const isDeaf = this.unheard > this.newest
    this.unheard = version > this.newest ? version : 0
    return isDeaf
  }
}
