/**
 * What is wrong with a document, all of it at once.
 *
 * Every document that enters Rulestead (a flag, a ruleset, a manifest, options) is decoded here, so that bad input is
 * refused at the edge, before anything changed, with the same three facts for each problem: where, which rule, and what
 * would be allowed.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as JsonSchema from "effect/JsonSchema"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import type * as SchemaIssue from "effect/SchemaIssue"
import { formatPath } from "./internal/path.ts"

/**
 * One broken rule. It never carries the offending value, only its kind, because values may be personal or secret.
 *
 * - `path`: where, as `rules[1].rollout.percentage`; the empty string is the document itself.
 * - `rule`: a short stable name of the rule, as `percentage`, `required`, `unknown_field`, `unique_key`.
 * - `allowed`: what would be accepted, in words.
 * - `found`: the kind of value that was there, as `string`, `array`, `nothing`.
 * - `at`: the place in the text that the document was read from, where it is known; both count from 1.
 *
 * @category models
 * @since 0.1.0
 */
export const Problem = Schema.Struct({
  path: Schema.String,
  rule: Schema.String,
  allowed: Schema.String,
  found: Schema.String,
  at: Schema.optionalKey(Schema.Struct({ line: Schema.Natural, column: Schema.Natural }))
})

/**
 * @category models
 * @since 0.1.0
 */
export type Problem = typeof Problem.Type

/**
 * A document was refused. `problems` lists every broken rule; nothing was changed.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidInput extends Schema.TaggedError<InvalidInput>()("InvalidInput", {
  /** What the document was meant to be, as `flag` or `ruleset`. */
  subject: Schema.String,
  problems: Schema.NonEmptyArray(Problem)
}) {
  override get message(): string {
    const lines = this.problems.map(({ allowed, at, found, path, rule }) => {
      const place = at === undefined ? "" : `line ${at.line}, column ${at.column}: `
      return `  ${place}${path === "" ? "(document)" : path}: ${allowed}; found ${found} (${rule})`
    })
    return [`Invalid ${this.subject}:`, ...lines].join("\n")
  }
}

/**
 * A rule that spans several fields, checked against the raw document. It must tolerate any shape: parts that are not
 * well formed are somebody else's problem and are passed over.
 *
 * @category models
 * @since 0.1.0
 */
export type CrossCheck = (input: unknown) => ReadonlyArray<Violation>

/**
 * A problem found by a {@link CrossCheck}, before its path is written out and its value's kind looked up.
 *
 * @category models
 * @since 0.1.0
 */
export interface Violation {
  readonly path: ReadonlyArray<PropertyKey>
  readonly rule: string
  readonly allowed: string
}

/**
 * The annotations of a schema check, see {@link rule}.
 *
 * @category models
 * @since 0.1.0
 */
export type RuleAnnotations = {
  readonly rule: string
  readonly expected: string
  readonly toJsonSchema?: () => readonly [JsonSchema.JsonSchema, true]
}

/**
 * Names a schema check, so that a failure says which rule was broken and what is allowed. `json` is what JSON Schema can
 * say of it: all that the check accepts, and perhaps more.
 *
 * @category annotations
 * @since 0.1.0
 */
export const rule = (rule: string, allowed: string, json?: JsonSchema.JsonSchema): RuleAnnotations => ({
  rule,
  expected: allowed,
  ...(json === undefined ? {} : { toJsonSchema: () => [json, true] as const })
})

/**
 * Decodes a document strictly: unknown fields are problems, and all problems are reported together.
 *
 * **Example**
 *
 * ```ts
 * import * as Schema from "effect/Schema"
 * import { decode } from "rulestead/InvalidInput"
 *
 * const decodePort = decode("options", Schema.Struct({ port: Schema.Int }))
 * const refused = decodePort({ port: "80", prot: 1 }) // fails with two problems: `port` (type) and `prot` (unknown_field)
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = <S extends Schema.ConstraintDecoder<unknown>>(
  subject: string,
  schema: S,
  check?: CrossCheck
): Decode<S["Type"]> => {
  const parse = decodeResult(subject, schema, check)
  return (input) => Effect.suspend(() => Effect.fromResult(parse(input)))
}

/**
 * What {@link decode} makes.
 *
 * @category models
 * @since 0.1.0
 */
export type Decode<A> = (input: unknown) => Effect.Effect<A, InvalidInput>

/**
 * As {@link decode}, for synchronous code.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decodeResult = <S extends Schema.ConstraintDecoder<unknown>>(
  subject: string,
  schema: S,
  check: CrossCheck = () => []
): (input: unknown) => Result.Result<S["Type"], InvalidInput> => {
  const parse = Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })
  return (input) => {
    const decoded = parse(input)
    const violations = [
      ...(Result.isFailure(decoded) ? fromIssue(decoded.failure.issue, []) : []),
      ...check(input)
    ]
    const refused = refuse(subject, input, violations)
    if (refused !== undefined) return Result.fail(refused)
    return Result.mapError(decoded, () => unreadable(subject))
  }
}

/**
 * Reads JSON text. Fails with the rule `json` where it is none, and shows nothing of it.
 *
 * @category decoding
 * @since 0.1.0
 */
export const readJson = (subject: string) => (text: string): Effect.Effect<unknown, InvalidInput> =>
  Effect.mapError(fromJson(text), () =>
    new InvalidInput({
      subject,
      problems: [{ path: "", rule: "json", allowed: "JSON text", found: "text that is not JSON" }]
    }))

const fromJson = Schema.decodeEffect(Schema.fromJsonString(Schema.Unknown))

/**
 * The error for a list of violations in `input`, or `undefined` when there are none.
 *
 * @category constructors
 * @since 0.1.0
 */
export const refuse = (
  subject: string,
  input: unknown,
  violations: ReadonlyArray<Violation>
): InvalidInput | undefined => {
  const seen = new Set<string>()
  const problems: Array<Problem> = []
  for (const violation of violations) {
    const path = formatPath(violation.path)
    const id = JSON.stringify([path, violation.rule])
    if (seen.has(id)) continue
    seen.add(id)
    problems.push({
      path,
      rule: violation.rule,
      allowed: violation.allowed,
      found: kindOf(valueAt(input, violation.path))
    })
  }
  const [first, ...rest] = problems
  return first === undefined ? undefined : new InvalidInput({ subject, problems: [first, ...rest] })
}

const unreadable = (subject: string): InvalidInput =>
  new InvalidInput({
    subject,
    problems: [{ path: "", rule: "type", allowed: `a readable ${subject}`, found: "something else" }]
  })

const fromIssue = (
  issue: SchemaIssue.Issue,
  path: ReadonlyArray<PropertyKey>,
  check?: SchemaAST.Filter<unknown>
): ReadonlyArray<Violation> => {
  switch (issue._tag) {
    case "Pointer":
      return fromIssue(issue.issue, [...path, ...issue.path], check)
    case "Filter":
      return fromIssue(issue.issue, path, issue.filter)
    case "Encoding":
      return fromIssue(issue.issue, path, check)
    case "Composite":
      return issue.issues.flatMap((inner) => fromIssue(inner, path, check))
    case "AnyOf":
      return issue.issues.length > 0
        ? issue.issues.flatMap((inner) => fromIssue(inner, path, check))
        : [{ path, rule: "one_of", allowed: expectedOf(issue.ast) }]
    case "OneOf":
      return [{ path, rule: "one_of", allowed: "exactly one of the alternatives" }]
    case "MissingKey":
      return [{ path, rule: "required", allowed: "this field is required" }]
    case "UnexpectedKey":
      return [{ path, rule: "unknown_field", allowed: "no field of this name; check the spelling" }]
    case "InvalidType":
      return [{ path, rule: "type", allowed: expectedOf(issue.ast) }]
    case "InvalidValue":
    case "Forbidden":
      return [{
        path,
        rule: textOf(check?.annotations?.["rule"]) ?? "value",
        allowed: textOf(issue.annotations?.["message"]) ?? textOf(check?.annotations?.["expected"]) ?? "another value"
      }]
  }
}

const textOf = (annotation: unknown): string | undefined => typeof annotation === "string" ? annotation : undefined

const expectedOf = (ast: SchemaAST.AST): string => {
  const named = textOf(ast.annotations?.["expected"]) ?? textOf(ast.annotations?.["title"])
  if (named !== undefined) return named
  switch (ast._tag) {
    case "String":
      return "a string"
    case "Number":
      return "a number"
    case "Boolean":
      return "true or false"
    case "Arrays":
      return "an array"
    case "Objects":
      return "an object"
    case "Literal":
      return JSON.stringify(ast.literal)
    case "Union":
      return alternatives(ast)
    default:
      return "another kind of value"
  }
}

const alternatives = (union: SchemaAST.Union): string => {
  const words = new Set(union.types.flatMap((type) => type._tag === "Objects" ? shapes(type) : kinds(type)))
  const [only] = words
  return only !== undefined && words.size === 1 ? only : `one of: ${[...words].join(", ")}`
}

/** An object by the literals that tell it from others, where it has any. */
const shapes = (type: SchemaAST.Objects): ReadonlyArray<string> => {
  const literals = type.propertySignatures.flatMap(({ name, type }) =>
    type._tag === "Literal" ? [`${String(name)} ${JSON.stringify(type.literal)}`] : []
  )
  return literals.length === 0 ? [expectedOf(type)] : literals
}

/** That it may be left out goes without saying. */
const kinds = (type: SchemaAST.AST): ReadonlyArray<string> => type._tag === "Undefined" ? [] : [expectedOf(type)]

const valueAt = (input: unknown, path: ReadonlyArray<PropertyKey>): unknown => {
  let value = input
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined
    value = Object.getOwnPropertyDescriptor(value, key)?.value
  }
  return value
}

const kindOf = (value: unknown): string => {
  if (value === undefined) return "nothing"
  if (value === null) return "null"
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array"
  switch (typeof value) {
    case "object":
      return "an object"
    case "string":
      return value.trim() === "" ? "a blank string" : "a string"
    case "number":
      return Number.isFinite(value) ? "a number" : "a number that is not finite"
    case "boolean":
      return "a boolean"
    default:
      return `a ${typeof value}`
  }
}
