/**
 * Manifests as YAML, which is shorter to write and may have comments. JSON is YAML, so both are read here, and what is
 * wrong is told with its line and column.
 *
 * It takes the package `yaml`, which has to be installed besides; nothing else in `rulestead` does.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { type Document, isNode, LineCounter, parseDocument, stringify } from "yaml"
import { sorted } from "./internal/manifest/order.ts"
import { parsePath } from "./internal/path.ts"
import { InvalidInput, type Problem } from "./InvalidInput.ts"
import * as Manifest from "./Manifest.ts"

/**
 * Text, read: what it says, and where it says it.
 *
 * - `locate`: the same refusal with the line and column of every problem.
 *
 * @category models
 * @since 0.1.0
 */
export interface Text {
  readonly value: unknown
  readonly locate: (refusal: InvalidInput) => InvalidInput
}

/**
 * Reads YAML 1.2 or JSON, whatever it is about. Fails where it is neither, with the line and column of every problem and
 * none of the text. A repeated key is a problem; so are more than 100 uses of one anchor.
 *
 * @category decoding
 * @since 0.1.0
 */
export const read = (text: string): Effect.Effect<Text, InvalidInput> =>
  Effect.suspend(() => {
    const lines = new LineCounter()
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      logLevel: "silent"
    })
    const [first, ...rest] = document.errors.map(({ code, pos: [offset] }): Problem => ({
      ...notYaml,
      found: code.toLowerCase().replaceAll("_", " "),
      at: placeAt(lines, offset)
    }))
    if (first !== undefined) return Effect.fail(new InvalidInput({ subject: "document", problems: [first, ...rest] }))
    return Effect.map(
      Effect.try({ try: (): unknown => document.toJS(), catch: tooManyAliases }),
      (value): Text => ({ value, locate: (refusal) => locate(refusal, document, lines) })
    )
  })

const notYaml = { path: "", rule: "yaml", allowed: "YAML or JSON text" }

const tooManyAliases = (): InvalidInput =>
  new InvalidInput({
    subject: "document",
    problems: [{ ...notYaml, found: "too many uses of an anchor" }]
  })

const placeAt = (lines: LineCounter, offset: number) => {
  const { col, line } = lines.linePos(offset)
  return { line, column: col }
}

const locate = ({ problems: [first, ...rest], subject }: InvalidInput, document: Document, lines: LineCounter) => {
  const place = (problem: Problem): Problem => {
    const offset = offsetOf(document, parsePath(problem.path))
    return offset === undefined ? problem : { ...problem, at: placeAt(lines, offset) }
  }
  return new InvalidInput({ subject, problems: [place(first), ...rest.map(place)] })
}

/** Where the node begins, or what it should have been in. */
const offsetOf = (document: Document, path: ReadonlyArray<string | number>): number | undefined => {
  const node = document.getIn(path, true)
  if (isNode(node) && node.range) return node.range[0]
  return path.length === 0 ? undefined : offsetOf(document, path.slice(0, -1))
}

/**
 * Decodes the YAML or JSON text of a manifest, as `Manifest.decode` does, with the line and column of every problem.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as ManifestYaml from "rulestead/ManifestYaml"
 *
 * const manifest = ManifestYaml.parse(`
 * schemaVersion: 1
 * flags:
 *   - key: new-checkout
 *     valueType: boolean
 *     defaultValue: false
 *     ruleset:
 *       rules:
 *         # A quarter of them, for a start.
 *         - { key: launch, strategy: percentage_rollout, rollout: { percentage: 25 }, value: true }
 * `)
 *
 * Effect.runSync(manifest).flags.length // 1
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const parse = (text: string): Effect.Effect<Manifest.Manifest, InvalidInput> =>
  Effect.flatMap(read(text), ({ locate, value }) => Effect.mapError(Manifest.decode(value), locate))

/**
 * The YAML text of a manifest, as it goes into a file: the same for the same content, as `Manifest.print`.
 *
 * @category printing
 * @since 0.1.0
 */
export const print = (manifest: Manifest.Manifest): string =>
  stringify(sorted(manifest), { aliasDuplicateObjects: false, lineWidth: 0 })
