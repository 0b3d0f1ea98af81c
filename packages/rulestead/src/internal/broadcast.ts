/**
 * Telling subscribers, without ever waiting for one.
 */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"

/** For a sliding `PubSub`, from synchronous code. Answers whether somebody who is too slow lost something for it. */
export const broadcast = <A>(pubsub: PubSub.PubSub<A>, value: A): boolean => {
  const isFull = PubSub.sizeUnsafe(pubsub) >= PubSub.capacity(pubsub)
  // PubSub.publishUnsafe does not slide: it would drop the newest for everybody.
  Effect.runSync(PubSub.publish(pubsub, value))
  return isFull
}
