/** A sign of life for what takes longer than a second. Only for people who watch, and gone when it is over. */
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { root } from "../root.ts"

/** How much of how much is done. */
export type Report = (done: number, total: number) => void

const clear = "\r\u001B[2K"
const barWidth = 24

/** Runs `self`, with a line on standard error from the second second on: a bar once it reports, else the time. */
export const show = Effect.fnUntraced(
  function*<A, E, R>(label: string, self: (report: Report) => Effect.Effect<A, E, R>) {
    let state: { readonly done: number; readonly total: number } | undefined
    const run = Effect.suspend(() =>
      self((done, total) => {
        state = { done, total }
      })
    )
    const stdio = yield* Stdio.Stdio
    const { canAnimate } = yield* TerminalCapabilities.TerminalCapabilities
    const { format } = yield* root
    if (!canAnimate || format === "json" || !(yield* stdio.stderrIsTerminal)) return yield* run

    const write = (text: string) => Effect.ignore(Stream.run(Stream.succeed(text), stdio.stderr()))
    const startedAt = yield* Clock.currentTimeMillis
    const draw = Effect.gen(function*() {
      const seconds = Math.floor(((yield* Clock.currentTimeMillis) - startedAt) / 1000)
      yield* write(`${clear}${label} ${state === undefined ? `${seconds} s` : bar(state.done, state.total)}`)
    })
    const drawing = Effect.forever(Effect.andThen(draw, Effect.sleep("100 millis"))).pipe(
      Effect.onInterrupt(() => write(clear))
    )
    const watched = yield* Effect.forkChild(Effect.delay(drawing, "1 second"))
    return yield* Effect.ensuring(run, Fiber.interrupt(watched))
  }
)

const bar = (done: number, total: number): string => {
  const share = total === 0 ? 1 : done / total
  const filled = Math.round(share * barWidth)
  return `[${"#".repeat(filled)}${"-".repeat(barWidth - filled)}] ${Math.floor(share * 100)} %`
}
