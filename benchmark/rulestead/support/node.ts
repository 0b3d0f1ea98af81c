// A node over a feed in memory, started and stopped by hand.
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { Rulestead } from "rulestead/Rulestead"
import { environment, type Feed, layer } from "./snapshot.ts"

export interface Node extends AsyncDisposable {
  readonly rulestead: Rulestead["Service"]
  readonly refresh: () => Promise<void>
}

/** Resolves when the snapshot of the feed is installed. */
export const start = async (feed: Feed): Promise<Node> => {
  const runtime = ManagedRuntime.make(Rulestead.layer({ environment }).pipe(Layer.provide(layer(feed))))
  const rulestead = await runtime.runPromise(Effect.service(Rulestead))
  return {
    rulestead,
    refresh: () => runtime.runPromise(rulestead.refresh),
    [Symbol.asyncDispose]: () => runtime.dispose()
  }
}
