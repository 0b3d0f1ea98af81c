import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { isDeepStrictEqual } from "node:util"
import { Publisher } from "rulestead/Publisher"
import type * as Ruleset from "rulestead/Ruleset"
import { Store } from "rulestead/Store"
import { property } from "../../support/property.ts"
import * as Mirror from "../support/Mirror.ts"
import * as Model from "../support/Model.ts"
import * as Scene from "../support/Scene.ts"

interface Command {
  readonly name:
    | "save"
    | "discard"
    | "publish"
    | "revert"
    | "rollOut"
    | "engage"
    | "release"
    | "archive"
    | "unarchive"
    | "redefine"
  readonly flag: number
  readonly environment: number
  readonly audience: number
  /** The ruleset to save, the version to revert to, the share, the value to kill with, the plan to redefine with. */
  readonly choice: number
  /** Based on a revision that is not the current one. */
  readonly stale: boolean
  /** Whether the slow follower looks after it. */
  readonly look: boolean
}

const command: fc.Arbitrary<Command> = fc.record({
  name: fc.oneof(
    { weight: 4, arbitrary: fc.constant("save" as const) },
    { weight: 4, arbitrary: fc.constant("publish" as const) },
    { weight: 2, arbitrary: fc.constantFrom("engage" as const, "release" as const) },
    { weight: 2, arbitrary: fc.constantFrom("redefine" as const, "unarchive" as const) },
    { weight: 3, arbitrary: fc.constantFrom("revert" as const, "rollOut" as const) },
    { weight: 1, arbitrary: fc.constantFrom("discard" as const, "archive" as const) }
  ),
  flag: fc.nat(2),
  environment: fc.nat(1),
  audience: fc.nat(1),
  choice: fc.nat(4),
  stale: fc.nat(9).map((chance) => chance === 0),
  look: fc.nat(4).map((chance) => chance === 0)
})

/** Commands in a transaction, and in one inside of it, which may be taken back. */
interface Transaction {
  readonly before: ReadonlyArray<Command>
  readonly inside: ReadonlyArray<Command>
  readonly isTakenBack: boolean
  readonly after: ReadonlyArray<Command>
}

const some = fc.array(command, { maxLength: 4 })

const transaction: fc.Arbitrary<Transaction> = fc.record({
  before: some,
  inside: some,
  isTakenBack: fc.boolean(),
  after: some
})

/** Random histories, step by step beside a model of the store. */
export const model = (it: Scene.It) => {
  it.effect(
    "every history answers as the model does, and changes followed step by step are all there is",
    () => property(fc.array(command, { minLength: 10, maxLength: 40 }), history, { numRuns: 15 }),
    240_000
  )

  it.effect(
    "every history of transactions answers as the model does, one version for each that changes what is live",
    () => property(fc.array(transaction, { minLength: 3, maxLength: 10 }), historyOfTransactions, { numRuns: 10 }),
    240_000
  )
}

const history = Effect.fnUntraced(function*(commands: ReadonlyArray<Command>) {
  const environments = [yield* Scene.environment, yield* Scene.environment]
  const audiences = [yield* Scene.audience("free"), yield* Scene.audience("free")]
  const flags = yield* Effect.replicateEffect(Scene.flag, 3)
  const model = Model.make(environments, audiences, flags)
  const rulesets = Model.rulesets(audiences)
  let close = yield* Effect.forEach(environments, (environment) => Mirror.fetch(environment))
  let slow = close
  for (const command of commands) {
    yield* run(model, rulesets, command)
    close = yield* Effect.forEach(close, (mirror) => Mirror.follow(mirror))
    if (command.look) slow = yield* Effect.forEach(slow, catchUp)
    yield* Effect.forEach(close, (mirror, index) => verify(model, index, mirror))
  }
  slow = yield* Effect.forEach(slow, catchUp)
  assert.deepStrictEqual(slow.map(Mirror.contents), close.map(Mirror.contents))
})

const historyOfTransactions = Effect.fnUntraced(function*(transactions: ReadonlyArray<Transaction>) {
  const store = yield* Store
  const environments = [yield* Scene.environment, yield* Scene.environment]
  const audiences = [yield* Scene.audience("free"), yield* Scene.audience("free")]
  const flags = yield* Effect.replicateEffect(Scene.flag, 3)
  const model = Model.make(environments, audiences, flags)
  const rulesets = Model.rulesets(audiences)
  let mirrors = yield* Effect.forEach(environments, (environment) => Mirror.fetch(environment))
  for (const { after, before, inside, isTakenBack } of transactions) {
    const old = structuredClone(model)
    yield* store.transaction(Effect.gen(function*() {
      yield* Effect.forEach(before, (command) => run(model, rulesets, command))
      const inner = isTakenBack ? structuredClone(model) : model
      const part = Effect.forEach(inside, (command) => run(inner, rulesets, command))
      yield* isTakenBack
        ? Effect.flip(store.transaction(Effect.andThen(part, Effect.fail("taken back"))))
        : store.transaction(part)
      yield* Effect.forEach(after, (command) => run(model, rulesets, command))
    }))
    for (const [index, environment] of model.environments.entries()) {
      const { version } = at(old.environments, index)
      const isSame = isDeepStrictEqual(Model.contents(old, index), Model.contents(model, index))
      environment.version = isSame ? version : version + 1
    }
    mirrors = yield* Effect.forEach(mirrors, (mirror) => Mirror.follow(mirror))
    yield* Effect.forEach(mirrors, (mirror, index) => verify(model, index, mirror))
  }
})

const catchUp = (mirror: Mirror.Mirror) =>
  Effect.map(Mirror.changesSince(mirror), (changes) => Mirror.install(mirror, changes))

const verify = Effect.fnUntraced(function*(model: Model.Model, index: number, followed: Mirror.Mirror) {
  const environment = followed.head.environment
  const store = yield* Store
  const whole = yield* Mirror.fetch(environment)
  assert.deepStrictEqual(followed, whole)
  assert.strictEqual(whole.head.version, at(model.environments, index).version)
  const contents = new Map([...Mirror.contents(whole)].map(([id, content]) => [id, JSON.parse(content ?? "")]))
  assert.deepStrictEqual(contents, new Map(Model.contents(model, index)))
  for (const { key, states } of model.flags) {
    const { draft, killSwitch, revision, rulesetVersion } = yield* store.state(key, environment)
    const { history: _history, live: _live, ...expected } = at(states, index)
    assert.deepStrictEqual({ draft, killed: killSwitch?.value ?? null, revision, rulesetVersion }, expected)
  }
})

/** Runs a command on the store and on the model, which must answer the same. */
const run = Effect.fnUntraced(function*(
  model: Model.Model,
  rulesets: ReadonlyArray<Ruleset.Ruleset>,
  { audience: audienceIndex, choice, environment: index, flag: flagIndex, name, stale }: Command
) {
  const store = yield* Store
  const publisher = yield* Publisher
  const environment = at(model.environments, index).key
  const audience = at(model.audiences, audienceIndex)
  const flag = at(model.flags, flagIndex)
  const state = at(flag.states, index)
  const basedOn = (revision: number) => ({ expected: stale ? revision + 1 : revision })
  const options = basedOn(state.revision)
  const killOptions = choice === 0 ? { expected: "any" as const } : options
  switch (name) {
    case "save": {
      const ruleset = at(rulesets, choice)
      const saved = yield* answerOf(store.saveDraft(flag.key, environment, ruleset, options))
      return assert.strictEqual(saved, Model.save(flag, state, options.expected, ruleset))
    }
    case "discard": {
      const discarded = yield* answerOf(store.discardDraft(flag.key, environment, options))
      return assert.strictEqual(discarded, Model.discard(flag, state, options.expected))
    }
    case "publish": {
      const published = yield* answerOf(publisher.publish(flag.key, environment, options))
      return assert.strictEqual(published, Model.publish(model, flag, index, state, options.expected))
    }
    case "revert": {
      const reverted = yield* answerOf(publisher.revert(flag.key, environment, choice, options))
      return assert.strictEqual(reverted, Model.revert(model, flag, index, state, options.expected, choice))
    }
    case "rollOut": {
      const [percentage, up] = [choice * 25, audienceIndex === 0]
      const command = up ? publisher.advanceRollout : publisher.setRollout
      const rolledOut = yield* answerOf(command(flag.key, environment, { rule: "some", percentage }, options))
      const share = { percentage, up }
      return assert.strictEqual(rolledOut, Model.rollOut(model, flag, index, state, options.expected, share))
    }
    case "engage": {
      const value = choice > 1
      const engaged = yield* answerOf(publisher.engageKillSwitch(flag.key, environment, { ...killOptions, value }))
      return assert.strictEqual(engaged, Model.kill(model, flag, index, state, killOptions.expected, value))
    }
    case "release": {
      const released = yield* answerOf(publisher.releaseKillSwitch(flag.key, environment, killOptions))
      return assert.strictEqual(released, Model.kill(model, flag, index, state, killOptions.expected, null))
    }
    case "archive": {
      const options = basedOn(flag.revision)
      const archived = yield* answerOf(store.archiveFlag(flag.key, options))
      return assert.strictEqual(archived, Model.archive(model, flag, options.expected))
    }
    case "unarchive": {
      const options = basedOn(flag.revision)
      const unarchived = yield* answerOf(store.unarchiveFlag(flag.key, options))
      return assert.strictEqual(unarchived, Model.unarchive(model, flag, options.expected))
    }
    case "redefine": {
      const options = basedOn(audience.revision)
      const plan = `plan-${choice}`
      const change = { definition: Scene.onPlan(plan) }
      const redefined = yield* answerOf(store.changeAudience(audience.key, change, options))
      return assert.strictEqual(redefined, Model.redefine(model, audience, options.expected, plan))
    }
  }
})

const answerOf = <A, E extends { readonly _tag: string }, R>(command: Effect.Effect<A, E, R>) =>
  Effect.match(command, { onFailure: ({ _tag }) => _tag, onSuccess: () => "done" })

const at = <A>(list: ReadonlyArray<A>, index: number): A => {
  const item = list[index]
  assert.isDefined(item)
  return item
}
