/** A sign of life for what takes longer than a second. Only for people who watch, and gone when it is over. */
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Terminal from "effect/Terminal"
import { root } from "../root.ts"

/** How much of how much is done. */
export type Report = (done: number, total: number) => void

/** Whether something is shown already: what is a part of it shows nothing, since there is one line. */
const Shown = Context.Reference<boolean>("rulestead/cli/Shown", { defaultValue: () => false })

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
    ).pipe(Effect.provideService(Shown, true))
    const stdio = yield* Stdio.Stdio
    const { canAnimate } = yield* TerminalCapabilities.TerminalCapabilities
    const { format } = yield* root
    if ((yield* Shown) || !canAnimate || format === "json" || !(yield* stdio.stderrIsTerminal)) return yield* run

    const write = (text: string) => Effect.ignore(Stream.run(Stream.succeed(text), stdio.stderr()))
    const columns = yield* (yield* Terminal.Terminal).columns
    const startedAt = yield* Clock.currentTimeMillis
    const draw = Effect.gen(function*() {
      const seconds = Math.floor(((yield* Clock.currentTimeMillis) - startedAt) / 1000)
      const line = `${label} ${state === undefined ? `${seconds} s` : bar(state.done, state.total)}`
      // A line that wraps could not be cleared.
      yield* write(clear + line.slice(0, columns > 0 ? columns - 1 : undefined))
    })
    const drawing = Effect.forever(Effect.andThen(draw, Effect.sleep("100 millis"))).pipe(
      Effect.onInterrupt(() => write(clear))
    )
    const watched = yield* Effect.forkChild(Effect.delay(drawing, "1 second"))
    return yield* Effect.ensuring(run, Fiber.interrupt(watched))
  }
)

/** As `Effect.forEach`, with a bar of how many are done. */
export const forEach = <A, B, E, R>(
  label: string,
  items: ReadonlyArray<A>,
  each: (item: A) => Effect.Effect<B, E, R>
) =>
  show(
    label,
    (report) =>
      Effect.forEach(items, (item, index) =>
        Effect.tap(each(item), () => Effect.sync(() => report(index + 1, items.length))))
  )

const bar = (done: number, total: number): string => {
  const share = total === 0 ? 1 : done / total
  const filled = Math.round(share * barWidth)
  return `[${"#".repeat(filled)}${"-".repeat(barWidth - filled)}] ${Math.floor(share * 100)} %`
}
