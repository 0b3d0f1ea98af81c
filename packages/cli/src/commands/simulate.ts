/** Who would be served something else. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Explanation from "rulestead/Explanation"
import * as Manifest from "rulestead/Manifest"
import * as Plan from "rulestead/Plan"
import * as Simulation from "rulestead/Simulation"
import { NotFound } from "rulestead/StoreError"
import * as Connection from "../Connection.ts"
import * as ContextFlags from "../contextFlags.ts"
import { Failure } from "../Failure.ts"
import * as Input from "../Input.ts"
import * as Manifests from "../Manifests.ts"
import * as Documents from "../output/documents.ts"
import * as Output from "../output/Output.ts"
import * as Progress from "../output/progress.ts"
import * as Parameters from "../parameters.ts"
import * as Plans from "../Plans.ts"
import * as Settings from "../Settings.ts"

const Answer = Schema.Struct({ value: Schema.Json, variant: Schema.NullOr(Schema.String), enabled: Schema.Boolean })

const Served = Schema.Struct({ ...Answer.fields, count: Schema.Natural })

const Summary = Schema.Struct({
  contexts: Schema.Natural,
  flags: Schema.Array(Schema.Struct({
    flag: Schema.String,
    changed: Schema.Natural,
    before: Schema.Array(Served),
    after: Schema.Array(Served),
    moves: Schema.Array(Schema.Struct({
      from: Schema.NullOr(Answer),
      to: Schema.NullOr(Answer),
      count: Schema.Natural
    })),
    examples: Schema.Array(Schema.Struct({
      index: Schema.Natural,
      before: Schema.NullOr(Documents.Explanation),
      after: Schema.NullOr(Documents.Explanation)
    }))
  }))
})

export const simulate = Command.make(
  "simulate",
  {
    flag: Argument.String("flag").pipe(
      Argument.withDescription("The flags whose drafts to publish (default: all that have one)"),
      Argument.variadic()
    ),
    contexts: Flag.String("contexts").pipe(
      Flag.withMetavar("<file>"),
      Flag.withDescription("Contexts as JSON, one to a line; - is standard input")
    ),
    env: Parameters.environment,
    manifest: Flag.String("manifest").pipe(
      Flag.withMetavar("<file>"),
      Flag.withDescription("Simulate importing this manifest, instead of publishing drafts"),
      Flag.optional
    ),
    plan: Flag.String("plan").pipe(
      Flag.withMetavar("<file>"),
      Flag.withDescription("Simulate applying this plan, instead of publishing drafts"),
      Flag.optional
    ),
    examples: Flag.Int("examples").pipe(
      Flag.withDescription("How many changes of each flag to explain"),
      Flag.withDefault(3)
    ),
    reveal: Flag.Boolean("reveal").pipe(
      Flag.withDescription("Show facts and identities of the contexts in the examples"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function*(input) {
    const { examples, reveal } = input
    const { after, before, flags } = yield* Progress.show("Reading", () => sides(input))
    const size = yield* Input.size(input.contexts)
    const summary = yield* Progress.show(
      "Simulating",
      (report) =>
        Simulation.run({ before, after, contexts: contextsOf(input.contexts, size, report), examples, reveal, flags })
    )
    yield* Output.show(Summary, summary, () => describe(summary))
  })
).pipe(
  Output.prints(Summary),
  Command.withDescription(
    "Say who would be served something else if drafts were published, or a manifest or a plan applied: every context of"
      + " a file is decided by what is live and by what would be."
  ),
  Command.withShortDescription("Say who would be served something else."),
  Command.withExamples([
    { command: "rulestead simulate new-checkout --contexts contexts.jsonl --env prod" },
    { command: "rulestead simulate --manifest flags.yaml --contexts contexts.jsonl --env prod --format json" }
  ]),
  Command.provide(Connection.layer)
)

interface Sides {
  readonly flag: ReadonlyArray<string>
  readonly env: Option.Option<string>
  readonly manifest: Option.Option<string>
  readonly plan: Option.Option<string>
}

/** What is, and what would be. */
const sides = Effect.fnUntraced(function*(input: Sides) {
  const plan = Option.isSome(input.plan)
    ? yield* Plans.read(input.plan.value)
    : Option.isSome(input.manifest)
    ? yield* Plan.make({
      environment: yield* Settings.environment(input.env),
      manifest: yield* Manifests.read(input.manifest.value)
    })
    : undefined
  const named = input.flag.length === 0 ? undefined : input.flag
  if (plan !== undefined) {
    const before = yield* Manifest.ofEnvironment(plan.environment.key)
    return { before, after: Plan.preview(plan, before), flags: named }
  }
  const environment = yield* Settings.environment(input.env)
  const before = yield* Manifest.ofEnvironment(environment, { drafts: true })
  const drafted = before.flags.filter(({ draft }) => draft !== undefined).map(({ key }) => key)
  const unknown = named?.find((key) => !before.flags.some((flag) => flag.key === key))
  if (unknown !== undefined) return yield* new NotFound({ resource: "flag", key: unknown })
  const missing = named?.find((key) => !drafted.includes(key))
  if (missing !== undefined || drafted.length === 0) {
    return yield* new Failure({
      code: "not_found",
      exit: "failed",
      message: missing === undefined
        ? `No flag has a draft in ${environment}`
        : `${missing} has no draft in ${environment}`,
      next: "Change its rules first: rulestead rule set"
    })
  }
  return { before, after: Manifest.publishDrafts(before, named), flags: named ?? drafted }
})

const contextsOf = (path: string, size: number | undefined, report: Progress.Report) => {
  let read = 0
  return Input.bytes(path).pipe(
    Stream.tap((bytes) =>
      Effect.sync(() => {
        read += bytes.length
        if (size !== undefined) report(read, size)
      })
    ),
    Stream.decodeText,
    Stream.splitLines,
    Stream.map((line) => line.trim()),
    Stream.zipWithIndex,
    Stream.filter(([line]) => line !== ""),
    Stream.mapEffect(([line, index]) =>
      Effect.flatMap(
        Input.json(
          line,
          `${path}, line ${index + 1}, is not JSON`,
          "Every line is one context, as {\"targetingKey\":\"user-8\"}."
        ),
        ContextFlags.decode
      )
    )
  )
}

const describe = ({ contexts, flags }: Simulation.Summary): string =>
  [
    ...flags.flatMap(({ changed, examples, flag, moves }) => [
      `${flag}: ${changed} of ${Output.count(contexts, "context")} served something else`,
      ...moves.map(({ count, from, to }) =>
        `  ${String(count).padStart(String(contexts).length)}  ${answer(from)} -> ${answer(to)}`
      ),
      ...examples.flatMap(({ after, before, index }) => [
        `  context ${index + 1}:`,
        ...indented("before", before),
        ...indented("after ", after)
      ])
    ]),
    ...(flags.length === 0 ? ["No flag would decide differently."] : [])
  ].join("\n")

const answer = (answer: Simulation.Move["from"]): string =>
  answer === null ? "nothing" : `${Output.value(answer.value)}${answer.variant === null ? "" : ` (${answer.variant})`}`

const indented = (label: string, explanation: Explanation.Explanation | null): ReadonlyArray<string> =>
  explanation === null
    ? [`    ${label}  not live`]
    : Explanation.format(explanation).split("\n").map((line, index) => `    ${index === 0 ? label : "      "}  ${line}`)
