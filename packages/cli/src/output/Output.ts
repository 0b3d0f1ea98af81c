/** Printing: one document, as JSON for programs or as text for people. */
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Terminal from "effect/Terminal"
import { root } from "../root.ts"
import * as Style from "./style.ts"
import * as Table from "./table.ts"

/** The JSON that a command prints, for its reference. */
export class Document extends Context.Service<Document, Schema.Top>()("rulestead/cli/Document") {}

/** Says what a command prints with `--format json`. */
export const prints = (schema: Schema.Top) => Command.annotate(Document, schema)

/** What text is made with. */
export interface View {
  readonly style: Style.Style
  /** A table, or `none` when there are no rows. */
  readonly table: <A>(rows: ReadonlyArray<A>, columns: ReadonlyArray<Table.Column<A>>, none: string) => string
}

const unlimited = Number.MAX_SAFE_INTEGER

const width = Effect.gen(function*() {
  const stdio = yield* Stdio.Stdio
  const terminal = yield* Terminal.Terminal
  if (!(yield* stdio.stdoutIsTerminal)) return unlimited
  const columns = yield* terminal.columns
  return columns > 0 ? columns : unlimited
})

const view = Effect.gen(function*() {
  const style = yield* Style.current
  const columns = yield* width
  const made: View = {
    style,
    table: (rows, definition, none) => rows.length === 0 ? none : Table.render(rows, definition, columns, style)
  }
  return made
})

/** Prints `value` in the format that was asked for. JSON is what `schema` encodes it to, and nothing else. */
export const show = Effect.fnUntraced(function*<A, I>(
  schema: Schema.Codec<A, I>,
  value: A,
  text: (view: View) => string
) {
  const { format } = yield* root
  yield* Console.log(
    format === "json" ? JSON.stringify(yield* encode(schema, value), null, 2) : text(yield* view)
  )
})

/** As {@link show}, for one of many: JSON is on a line of its own. */
export const showLine = Effect.fnUntraced(function*<A, I>(
  schema: Schema.Codec<A, I>,
  value: A,
  text: (view: View) => string
) {
  const { format } = yield* root
  yield* Console.log(format === "json" ? JSON.stringify(yield* encode(schema, value)) : text(yield* view))
})

/** What does not encode was never decoded: a mistake of this program. */
const encode = <A, I>(schema: Schema.Codec<A, I>, value: A) => Effect.orDie(Schema.encodeEffect(schema)(value))

/** Says something to people that is not the answer. Programs do not hear it. */
export const remark = Effect.fnUntraced(function*(text: string) {
  const { format } = yield* root
  if (format === "table") yield* Console.error(text)
})

export const time = (milliseconds: number | null): string =>
  milliseconds === null ? "-" : DateTime.formatIso(DateTime.makeUnsafe(milliseconds)).replace(/\.\d+Z$/, "Z")

export const value = (value: Schema.Json): string => JSON.stringify(value)

/** As `1 change` or `3 changes`. */
export const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`

/** Names and values, one pair to a line. */
export const fields = (pairs: ReadonlyArray<readonly [name: string, value: string]>): string => {
  const width = Math.max(...pairs.map(([name]) => name.length))
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${Table.printable(value)}`.trimEnd()).join("\n")
}
