/** How commands change things: asked about first, tried without a trace if wanted, and told from the audit afterwards. */
import * as Flag from "effect/cli/Flag"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { randomUUID } from "node:crypto"
import * as Audit from "rulestead/Audit"
import { type ChangeOptions, Store, type WriteOptions } from "rulestead/Store"
import * as Confirmation from "./Confirmation.ts"
import { Changes } from "./Failure.ts"
import * as Events from "./output/events.ts"
import * as Output from "./output/Output.ts"
import * as Progress from "./output/progress.ts"

/** The flags of every command that creates something. */
export const flags = {
  ...Confirmation.flags,
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Say what would change, and change nothing (exit code 2 if something would)"),
    Flag.withDefault(false)
  )
}

/** The flags of every command that changes what is there. */
export const changeFlags = {
  ...flags,
  expected: Flag.Int("expected").pipe(
    Flag.withMetavar("<revision>"),
    Flag.withDescription("Refuse if it is not at this revision any more (default: the one it has now)"),
    Flag.optional
  )
}

export interface Answers extends Confirmation.Answers {
  readonly dryRun: boolean
  readonly expected?: Option.Option<number>
}

/**
 * - `key`: what is changed; to be typed where it is protected.
 * - `environments`: where the change is felt.
 * - `question`: to be answered with yes before, for what is hard to take back.
 */
export interface Target {
  readonly key: string
  readonly environments: ReadonlyArray<string>
  readonly question?: string | undefined
}

/** What was changed or would be, in the order of the audit. */
export const Written = Schema.Struct({
  dryRun: Schema.Boolean,
  changes: Schema.Array(Audit.Event)
})

export type Written = typeof Written.Type

class RolledBack extends Data.TaggedError("RolledBack")<{ readonly written: Written }> {}

/** What every write takes with it: for what it creates, and for what it changes, based on a revision. */
export interface How {
  readonly create: WriteOptions
  readonly change: (revision: number) => ChangeOptions
}

/** Makes a change and prints what it was. */
export const run = Effect.fnUntraced(function*<A, E, R>(
  answers: Answers,
  target: Target,
  change: (how: How) => Effect.Effect<A, E, R>
) {
  const options = yield* prepare(answers, target)
  const expected = Option.getOrUndefined(answers.expected ?? Option.none())
  const writing = change({
    create: options,
    change: (revision) => ({ ...options, expected: expected ?? revision })
  })
  const written: Written = answers.dryRun
    ? yield* Progress.show("Trying out", () => tryOut(options, writing))
    : { dryRun: false, changes: yield* carryOut("Writing", Effect.andThen(writing, changesOf(options))) }
  yield* Output.show(Written, written, ({ style }) => Events.describe(written, style))
  if (written.dryRun && written.changes.length > 0) return yield* new Changes()
})

/** Asks what has to be asked. A dry run needs no answers, and has a reason of its own. */
export const prepare = Effect.fnUntraced(function*(answers: Answers, target: Target) {
  const correlationId = randomUUID()
  if (answers.dryRun) return { correlationId, reason: Option.getOrElse(answers.reason, () => "dry run") }
  const guarded = yield* protectedOf(target)
  const where = guarded.map(({ key }) => key).join(", ")
  const reason = yield* Confirmation.reason(answers, guarded.length > 0, where)
  if (guarded.length > 0) yield* Confirmation.typeKey(answers, target.key, where)
  else if (target.question !== undefined) yield* Confirmation.agree(answers, target.question)
  return { correlationId, reason }
})

const protectedOf = Effect.fnUntraced(function*({ environments }: Target) {
  const store = yield* Store
  const touched = yield* Effect.forEach(environments, (environment) => store.environment(environment))
  return touched.filter((environment) => environment.protected)
})

/** Makes a change. Whoever interrupts it learns what to think of it: the commit may just have been made. */
export const carryOut = <A, E, R>(label: string, change: Effect.Effect<A, E, R>) =>
  Effect.onInterrupt(
    Progress.show(label, () => change),
    () => Output.remark("Interrupted: all of it was done, or nothing. To see what was done last: rulestead audit list")
  )

/** The change is made in a transaction that never commits, so that every check of what is changed is the real one. */
const tryOut = Effect.fnUntraced(function*<A, E, R>(
  options: { readonly correlationId: string },
  writing: Effect.Effect<A, E, R>
) {
  const store = yield* Store
  return yield* store.transaction(Effect.gen(function*() {
    const changes = yield* Effect.andThen(writing, changesOf(options))
    return yield* new RolledBack({ written: { dryRun: true, changes } })
  })).pipe(
    Effect.catchIf((error) => error instanceof RolledBack, ({ written }) => Effect.succeed(written))
  )
})

const changesOf = Effect.fnUntraced(function*({ correlationId }: { readonly correlationId: string }) {
  const store = yield* Store
  return (yield* store.audit({ correlationId, limit: 1000 })).toReversed()
})
