/**
 * So many a second, and as many at once.
 */
export class TokenBucket {
  private readonly perSecond: number
  private readonly capacity: number
  private tokens: number
  private filledAt = 0

  constructor(perSecond: number) {
    this.perSecond = perSecond
    this.capacity = perSecond > 0 ? Math.max(1, perSecond) : 0
    this.tokens = this.capacity
  }

  /** `time`: in milliseconds, of a clock that may stand still, and may step back. */
  take(time: number): boolean {
    const elapsed = Math.max(0, time - this.filledAt)
    this.tokens = Math.min(this.capacity, this.tokens + elapsed / 1000 * this.perSecond)
    this.filledAt = time
    if (this.tokens < 1) return false
    this.tokens--
    return true
  }
}
