/**
 * Events through Effect's loggers.
 */
import * as Effect from "effect/Effect"

/** Effect's log records have no name of an event, so it is their message, and the attribute that came before the name. */
export const logEvent = (name: string, attributes: object): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logInfo(name), { "event.name": name, ...attributes })
