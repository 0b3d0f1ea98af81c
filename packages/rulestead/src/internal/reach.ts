/**
 * Whether the last look at the store found a connection to it. A connection to listen on is worth less than one to look
 * with, and may be the one that is missing.
 */
import type * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

export class Reach {
  private readonly isThere = Latch.makeUnsafe()
  private readonly isGone = Latch.makeUnsafe()

  /** Until the last look found one. */
  readonly found: Effect.Effect<void> = this.isThere.await

  /** Until the last look found none. */
  readonly lost: Effect.Effect<void> = this.isGone.await

  looked(found: boolean): void {
    const [now, before] = found ? [this.isThere, this.isGone] : [this.isGone, this.isThere]
    before.closeUnsafe()
    now.openUnsafe()
  }
}
