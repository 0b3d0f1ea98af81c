/**
 * Loops that cannot end.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { ParentSpan } from "effect/Tracer"
import type { Event } from "../Telemetry.ts"
import type { Reporter } from "./reporter.ts"

type Part = Extract<Event, { readonly _tag: "Faulted" }>["part"]

/** How long a loop rests after it failed unexpectedly, so that it cannot spin. */
const rest = "1 second"

/**
 * Runs `round` again and again, in the background, until the scope closes. A round that dies is reported. What happens
 * in a loop is no part of the trace in which it was started.
 */
export const supervise = (
  part: Part,
  reporter: Reporter,
  round: Effect.Effect<void>
): Effect.Effect<void, never, Scope.Scope> =>
  round.pipe(
    Effect.catchCause(() => {
      reporter.report({ _tag: "Faulted", part })
      return Effect.sleep(rest)
    }),
    Effect.forever,
    Effect.updateContext((context: Context.Context<never>) => Context.omit(ParentSpan)(context)),
    Effect.forkScoped,
    Effect.asVoid
  )
