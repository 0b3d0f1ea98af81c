/** A store for developing: it stays open, follows a manifest, and shows what that changes. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Decision } from "rulestead/Decision"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import * as Manifest from "rulestead/Manifest"
import { Rulestead } from "rulestead/Rulestead"
import * as Connection from "../Connection.ts"
import * as ContextFlags from "../contextFlags.ts"
import * as Creation from "../Creation.ts"
import * as Decider from "../Decider.ts"
import { from } from "../Failure.ts"
import * as Manifests from "../Manifests.ts"
import * as Output from "../output/Output.ts"
import * as Parameters from "../parameters.ts"
import * as Settings from "../Settings.ts"

/** - `opened`: the store is open. `applied`, `refused`: the manifest was. `decided`: the context gets another value. */
const Happened = Schema.Struct({
  event: Schema.Literals(["opened", "applied", "refused", "decided"]),
  environment: Schema.String,
  detail: Schema.String,
  flag: Schema.NullOr(Schema.String),
  before: Schema.NullOr(Schema.Json),
  after: Schema.NullOr(Schema.Json)
})

export const dev = Command.make(
  "dev",
  {
    manifest: Argument.String("manifest").pipe(
      Argument.withDescription("The manifest to follow (default: the one in rulestead.json, if any)"),
      Argument.optional
    ),
    env: Parameters.environment,
    ...Creation.flags,
    ...ContextFlags.flags
  },
  Effect.fnUntraced(function*(input) {
    const environment = yield* Settings.environment(input.env)
    const context = yield* ContextFlags.make(input)
    const manifest = Option.isSome(input.manifest)
      ? yield* Settings.resolvePath(input.manifest.value)
      : yield* Settings.manifest
    if (manifest !== undefined) {
      yield* Creation.agree(environment, { create: input.create, ask: true })
      yield* apply(manifest, environment)
    }
    yield* Effect.gen(function*() {
      yield* tell("opened", environment, `${environment} is open. Ctrl-C ends it.`)
      const deciding = decide(environment, context)
      yield* manifest === undefined ? deciding : Effect.raceFirst(deciding, follow(manifest, environment))
    }).pipe(
      Effect.provide(Decider.fresh(environment))
    )
  })
).pipe(
  Output.prints(Happened),
  Command.withDescription(
    "Keep the store open while you develop: apply a manifest, apply it again whenever it is saved, and print how the"
      + " decisions for a context change."
  ),
  Command.withShortDescription("Keep the store open, follow a manifest, and show how decisions change."),
  Command.withExamples([
    { command: "rulestead dev flags.json" },
    { command: "rulestead dev flags.yaml --key user-8 --attribute plan=pro" }
  ]),
  Command.provide(Connection.layer)
)

const tell = (event: typeof Happened.Type["event"], environment: string, detail: string) =>
  Output.showLine(
    Happened,
    { event, environment, detail, flag: null, before: null, after: null },
    ({ style }) =>
      event === "refused" ? `${style.bad("error:")} ${detail}` : event === "applied" ? style.good(detail) : detail
  )

/** What is wrong with a manifest is said, and the next version of it is waited for. */
const apply = Effect.fnUntraced(function*(file: string, environment: string) {
  const name = (yield* Path.Path).basename(file)
  yield* Manifests.read(file).pipe(
    Effect.flatMap((manifest) =>
      Effect.map(Manifest.apply(manifest, { environment, reason: `rulestead dev, ${name}` }), ({ head }) =>
        [
          head === null ? `${name}: nothing to change` : `${name}: snapshot ${head.version}`,
          ...unserved(manifest)
        ].join("\n"))
    ),
    Effect.matchEffect({
      onFailure: (error) => tell("refused", environment, from(error).message),
      onSuccess: (detail) => tell("applied", environment, detail)
    })
  )
})

/** What somebody who wonders why a flag is off has to know. */
const unserved = (manifest: Manifest.Manifest): ReadonlyArray<string> =>
  Manifest.validate(manifest).flatMap(({ code, fix, message, path }) =>
    code === "not_served" ? [`  ${path}: ${message}; ${fix}`] : []
  )

/** The folder is watched, because editors replace a file instead of writing it. */
const follow = Effect.fnUntraced(function*(file: string, environment: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const name = path.basename(file)
  yield* fs.watch(path.dirname(file)).pipe(
    Stream.filter((event) => path.basename(event.path) === name),
    Stream.debounce("50 millis"),
    Stream.runForEach(() => apply(file, environment))
  )
})

const decide = Effect.fnUntraced(function*(environment: string, context: EvaluationContext) {
  const rulestead = yield* Rulestead
  let before: ReadonlyMap<string, Decision> = new Map()
  const compare = Effect.gen(function*() {
    const now = rulestead.decisionsUnsafe(context)
    for (const key of new Set([...before.keys(), ...now.keys()])) {
      const was = before.get(key)
      const is = now.get(key)
      if (valueOf(was) !== valueOf(is)) yield* tellDecided(environment, key, was, is)
    }
    before = now
  })
  yield* compare
  yield* Stream.runForEach(rulestead.changes, () => compare)
})

const tellDecided = (environment: string, flag: string, before: Decision | undefined, after: Decision | undefined) => {
  const detail = `${flag}: ${before === undefined ? "" : `${valueOf(before)} -> `}${valueOf(after)}`
  return Output.showLine(Happened, {
    event: "decided",
    environment,
    detail,
    flag,
    before: before?.value ?? null,
    after: after?.value ?? null
  }, () => `  ${detail}`)
}

const valueOf = (decision: Decision | undefined): string =>
  decision === undefined ? "not live" : Output.value(decision.value)
