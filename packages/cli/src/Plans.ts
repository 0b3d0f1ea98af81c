/** A plan: shown, agreed to, and done as it was shown. */
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Report } from "rulestead/Manifest"
import * as Plan from "rulestead/Plan"
import { Head } from "rulestead/Snapshot"
import * as Creation from "./Creation.ts"
import { Changes, Failure } from "./Failure.ts"
import * as Input from "./Input.ts"
import * as Describe from "./output/changes.ts"
import * as Output from "./output/Output.ts"
import { onError, type Style } from "./output/style.ts"
import * as Write from "./Write.ts"

export const flags = {
  ...Write.flags,
  plan: Flag.String("plan").pipe(
    Flag.withMetavar("<file>"),
    Flag.withDescription("Apply the plan that --save-plan wrote, if it is still the one that would be made"),
    Flag.optional
  ),
  savePlan: Flag.String("save-plan").pipe(
    Flag.withMetavar("<file>"),
    Flag.withDescription("Write the plan to this file, and change nothing"),
    Flag.optional
  )
}

/** `create`: whether the environment may be created. */
export interface Answers extends Write.Answers {
  readonly create: boolean
  readonly plan: Option.Option<string>
  readonly savePlan: Option.Option<string>
}

const Applied = Schema.Struct({
  environment: Schema.Struct({ key: Schema.String, created: Schema.Boolean }),
  audiences: Schema.Struct({
    created: Schema.Array(Schema.String),
    changed: Schema.Array(Schema.String),
    unchanged: Schema.Array(Schema.String)
  }),
  flags: Schema.Struct({
    created: Schema.Array(Schema.String),
    changed: Schema.Array(Schema.String),
    published: Schema.Array(Schema.String),
    killed: Schema.Array(Schema.String),
    released: Schema.Array(Schema.String),
    drafted: Schema.Array(Schema.String),
    unchanged: Schema.Array(Schema.String)
  }),
  head: Schema.NullOr(Head)
})

/** - `status`: `no_changes`, `changes` (they were not made), `blocked`, or `applied`. */
export const Outcome = Schema.Struct({
  status: Schema.Literals(["no_changes", "changes", "blocked", "applied"]),
  plan: Plan.Plan,
  report: Schema.NullOr(Applied)
})

/** The plan of a file. */
export const read = (path: string) => Input.document(path, Plan.decode)

/** Shows a plan, and unless it is only to be looked at, asks and applies it. */
export const run = Effect.fnUntraced(function*(plan: Plan.Plan, answers: Answers) {
  const { exists, key } = plan.environment
  const isToLookAt = answers.dryRun || Option.isSome(answers.savePlan)
  if (!exists) yield* Creation.agree(key, { create: answers.create, ask: !isToLookAt && !answers.yes })
  if (Plan.isBlocked(plan)) {
    yield* show({ status: "blocked", plan, report: null })
    return yield* new Failure({
      code: "blocked",
      exit: "refused",
      message: `The plan for ${key} cannot be applied as it is`,
      next: "Do what stands under each error, and plan again."
    })
  }
  if (Option.isSome(answers.savePlan)) {
    yield* Input.save(answers.savePlan.value, `${JSON.stringify(plan, null, 2)}\n`)
  }
  if (Plan.isEmpty(plan)) return yield* show({ status: "no_changes", plan, report: null })
  if (isToLookAt) {
    yield* show({ status: "changes", plan, report: null })
    return yield* new Changes()
  }
  const options = yield* agree(plan, answers)
  const report = yield* Write.carryOut(`Applying to ${key}`, Plan.apply(plan, options))
  yield* show({ status: "applied", plan, report })
})

/** People see the plan before they are asked. */
const agree = Effect.fnUntraced(function*(plan: Plan.Plan, answers: Answers) {
  const { exists, key } = plan.environment
  yield* Output.remark(describe(plan, yield* onError))
  return yield* Write.prepare(answers, {
    key,
    environments: exists ? [key] : [],
    question: `Make ${Output.count(plan.changes.length, "change")} in ${key}?`
  })
})

const show = (outcome: typeof Outcome.Type) =>
  Output.show(Outcome, outcome, ({ style }) => {
    const { plan, report, status } = outcome
    if (report !== null) return summary(report, style)
    const verdict = status === "no_changes"
      ? ["Nothing would change."]
      : [`${Output.count(plan.changes.length, "change")} in ${plan.environment.key}`]
    return [describe(plan, style), ...verdict].filter((part) => part !== "").join("\n")
  })

const describe = ({ changes, findings }: Plan.Plan, style: Style): string =>
  [...Describe.describe(changes, style), ...Describe.findings(findings, style)].join("\n")

const summary = ({ audiences, environment, flags, head }: Report, style: Style): string =>
  [
    ...(environment.created ? [`created the environment ${environment.key}`] : []),
    ...listed("created the audiences", audiences.created),
    ...listed("changed the audiences", audiences.changed),
    ...listed("created the flags", flags.created),
    ...listed("changed the flags", flags.changed),
    ...listed("published", flags.published),
    ...listed("killed", flags.killed),
    ...listed("released", flags.released),
    ...listed("saved drafts of", flags.drafted),
    style.good(head === null ? "done" : `${environment.key} is at snapshot ${head.version}`)
  ].join("\n")

const listed = (what: string, keys: ReadonlyArray<string>): ReadonlyArray<string> =>
  keys.length === 0 ? [] : [`${what} ${keys.join(", ")}`]
