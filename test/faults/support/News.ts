/** The events of one node, as they happen. */
import type { Event } from "rulestead/Telemetry"

export class News {
  readonly events: Array<Event> = []
  private readonly listeners = new Set<() => void>()

  tell(...events: ReadonlyArray<Event>): void {
    this.events.push(...events)
    for (const listener of this.listeners) listener()
  }

  /** Calls `listener` after every event, until the function returned is called. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}
