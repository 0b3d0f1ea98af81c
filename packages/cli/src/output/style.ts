/** Colour, which only ever repeats what the words say. */
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Effect from "effect/Effect"

export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warning: (text: string) => string
}

const painted = (code: number) => (text: string): string => `\u001B[${code}m${text}\u001B[0m`

const colours: Style = {
  bold: painted(1),
  dim: painted(2),
  good: painted(32),
  bad: painted(31),
  warning: painted(33)
}

const asItIs = (text: string): string => text

const plain: Style = { bold: asItIs, dim: asItIs, good: asItIs, bad: asItIs, warning: asItIs }

export const current: Effect.Effect<Style> = Effect.map(
  TerminalCapabilities.TerminalCapabilities,
  ({ canColor }) => canColor ? colours : plain
)
