/** Colour, which only ever repeats what the words say, and signs that not every terminal has. */
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stdio from "effect/Stdio"

/** `ellipsis` is put where text was cut. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warning: (text: string) => string
  readonly ellipsis: string
}

const painted = (code: number) => (text: string): string => `\u001B[${code}m${text}\u001B[0m`

const colours = {
  bold: painted(1),
  dim: painted(2),
  good: painted(32),
  bad: painted(31),
  warning: painted(33)
}

const asItIs = (text: string): string => text

const plain = { bold: asItIs, dim: asItIs, good: asItIs, bad: asItIs, warning: asItIs }

/** Whether more than ASCII can be shown: everywhere, unless the locale says that it cannot. */
export const hasUnicode: Effect.Effect<boolean> = Effect.gen(function*() {
  for (const name of ["LC_ALL", "LC_CTYPE", "LANG"]) {
    const locale = yield* Config.option(Config.NonEmptyString(name))
    if (Option.isSome(locale)) return /utf-?8/i.test(locale.value)
  }
  return true
}).pipe(Effect.orDie)

/** For what is printed on standard output. */
export const current: Effect.Effect<Style> = Effect.gen(function*() {
  const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
  return { ...(canColor ? colours : plain), ellipsis: (yield* hasUnicode) ? "…" : "..." }
})

/** For what is printed on standard error, which may go elsewhere. */
export const onError: Effect.Effect<Style, never, Stdio.Stdio> = Effect.gen(function*() {
  const stdio = yield* Stdio.Stdio
  const style = yield* current
  return (yield* stdio.stderrIsTerminal) ? style : { ...style, ...plain }
})
