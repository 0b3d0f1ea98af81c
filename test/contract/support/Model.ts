/** The store in a few lines: what every command answers, and what the snapshots then hold. */
import type { Rule } from "rulestead/Rule"
import * as Ruleset from "rulestead/Ruleset"
import * as Scene from "./Scene.ts"

export interface Model {
  readonly environments: ReadonlyArray<{ readonly key: string; version: number }>
  readonly audiences: ReadonlyArray<{ readonly key: string; revision: number; plan: string }>
  readonly flags: ReadonlyArray<ModelFlag>
}

export interface ModelFlag {
  readonly key: string
  revision: number
  archived: boolean
  /** By environment. */
  readonly states: ReadonlyArray<ModelState>
}

export interface ModelState {
  revision: number
  draft: Ruleset.Ruleset | null
  live: Ruleset.Ruleset | null
  /** Everything that was live, oldest first. */
  history: ReadonlyArray<Ruleset.Ruleset>
  rulesetVersion: number
  killed: boolean | null
}

export type Answer = "done" | "Conflict" | "FlagArchived" | "InvalidInput" | "NotFound"

export const make = (
  environments: ReadonlyArray<string>,
  audiences: ReadonlyArray<string>,
  flags: ReadonlyArray<string>
): Model => ({
  environments: environments.map((key) => ({ key, version: 0 })),
  audiences: audiences.map((key) => ({ key, revision: 1, plan: "free" })),
  flags: flags.map((key) => ({
    key,
    revision: 1,
    archived: false,
    states: environments.map(() => ({
      revision: 0,
      draft: null,
      live: null,
      history: [],
      rulesetVersion: 0,
      killed: null
    }))
  }))
})

/** What the environment at `index` serves. */
export const contents = (model: Model, index: number): ReadonlyMap<string, unknown> => {
  const entries = new Map<string, unknown>()
  for (const { archived, key, states } of model.flags) {
    const state = states[index]
    if (archived || state === undefined || state.live === null) continue
    const { killed, live: { hashVersion, rules }, rulesetVersion } = state
    const fixed = { key, valueType: "boolean", defaultValue: false, rulesetVersion, hashVersion }
    entries.set(
      `flag ${key}`,
      killed === null ? { ...fixed, rules } : { ...fixed, rules: [], killSwitch: { value: killed } }
    )
  }
  for (const { key, plan } of model.audiences) {
    if (isUsed(model, index, key)) entries.set(`audience ${key}`, { key, definition: Scene.onPlan(plan) })
  }
  return entries
}

const isUsed = ({ flags }: Model, index: number, audience: string): boolean =>
  flags.some(({ archived, states }) => {
    const live = states[index]?.live ?? null
    return !archived && live !== null && Ruleset.audiences(live).includes(audience)
  })

const commit = ({ environments }: Model, changed: (index: number) => boolean): void => {
  for (const [index, environment] of environments.entries()) {
    if (changed(index)) environment.version++
  }
}

/** Guards a write of the state of a flag; answers what refuses it. */
const refusal = (flag: ModelFlag, state: ModelState, expected: number | "any"): Answer | undefined => {
  if (flag.archived) return "FlagArchived"
  return expected === "any" || expected === state.revision ? undefined : "Conflict"
}

export const save = (flag: ModelFlag, state: ModelState, expected: number, ruleset: Ruleset.Ruleset): Answer => {
  const refused = refusal(flag, state, expected)
  if (refused !== undefined) return refused
  if (!isSame(state.draft, ruleset)) {
    state.draft = ruleset
    state.revision++
  }
  return "done"
}

export const discard = (flag: ModelFlag, state: ModelState, expected: number): Answer => {
  const refused = refusal(flag, state, expected)
  if (refused !== undefined) return refused
  if (state.draft !== null) {
    state.draft = null
    state.revision++
  }
  return "done"
}

export const publish = (model: Model, flag: ModelFlag, index: number, state: ModelState, expected: number): Answer => {
  const refused = refusal(flag, state, expected)
  if (refused !== undefined) return refused
  if (state.draft === null) return "NotFound"
  goLive(model, index, state, state.draft, null)
  return "done"
}

const goLive = (
  model: Model,
  index: number,
  state: ModelState,
  ruleset: Ruleset.Ruleset,
  draft: Ruleset.Ruleset | null
): void => {
  state.live = ruleset
  state.draft = draft
  state.history = [...state.history, ruleset]
  state.rulesetVersion++
  state.revision++
  commit(model, (at) => at === index)
}

export const revert = (
  model: Model,
  flag: ModelFlag,
  index: number,
  state: ModelState,
  expected: number,
  version: number
): Answer => {
  const refused = refusal(flag, state, expected)
  if (refused !== undefined) return refused
  const old = state.history[version - 1]
  if (old === undefined) return "NotFound"
  if (!isSame(old, state.live)) goLive(model, index, state, old, state.draft)
  return "done"
}

/** Rolls the rule `some` out; `up`: and never back. */
export const rollOut = (
  model: Model,
  flag: ModelFlag,
  index: number,
  state: ModelState,
  expected: number,
  { percentage, up }: { readonly percentage: number; readonly up: boolean }
): Answer => {
  const refused = refusal(flag, state, expected)
  if (refused !== undefined) return refused
  const live = state.live === null ? undefined : shareOf(state.live)
  if (state.live === null || live === undefined) return "NotFound"
  if (up && percentage < live) return "InvalidInput"
  if (percentage === live) return "done"
  const follows = state.draft !== null && shareOf(state.draft) === live
  const draft = state.draft !== null && follows ? withShare(state.draft, percentage) : state.draft
  goLive(model, index, state, withShare(state.live, percentage), draft)
  return "done"
}

const shareOf = ({ rules }: Ruleset.Ruleset): number | undefined => {
  const rule = rules.find(({ key }) => key === "some")
  return rule?.strategy === "percentage_rollout" ? rule.rollout.percentage : undefined
}

const withShare = (ruleset: Ruleset.Ruleset, percentage: number): Ruleset.Ruleset => ({
  ...ruleset,
  rules: ruleset.rules.map((rule) =>
    rule.strategy === "percentage_rollout" ? { ...rule, rollout: { ...rule.rollout, percentage } } : rule
  )
})

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

export const kill = (
  model: Model,
  flag: ModelFlag,
  index: number,
  state: ModelState,
  expected: number | "any",
  killed: boolean | null
): Answer => {
  const refused = refusal(flag, state, expected)
  if (refused !== undefined) return refused
  if (state.killed !== killed) {
    state.killed = killed
    state.revision++
    commit(model, (at) => at === index && state.live !== null)
  }
  return "done"
}

export const archive = (model: Model, flag: ModelFlag, expected: number): Answer => {
  if (expected !== flag.revision) return "Conflict"
  if (!flag.archived) {
    flag.archived = true
    flag.revision++
    commit(model, (at) => (flag.states[at]?.live ?? null) !== null)
  }
  return "done"
}

export const unarchive = (model: Model, flag: ModelFlag, expected: number): Answer => {
  if (expected !== flag.revision) return "Conflict"
  if (flag.archived) {
    flag.archived = false
    flag.revision++
    commit(model, (at) => (flag.states[at]?.live ?? null) !== null)
  }
  return "done"
}

export const redefine = (
  model: Model,
  audience: Model["audiences"][number],
  expected: number,
  plan: string
): Answer => {
  if (expected !== audience.revision) return "Conflict"
  if (audience.plan !== plan) {
    audience.plan = plan
    audience.revision++
    commit(model, (at) => isUsed(model, at, audience.key))
  }
  return "done"
}

/** Rulesets that differ from each other in what they serve and in the audiences that they use. */
export const rulesets = (audiences: ReadonlyArray<string>): ReadonlyArray<Ruleset.Ruleset> => {
  const segment = (audience: string): Rule => ({
    key: audience,
    strategy: "segment_match",
    conditions: [],
    audience,
    value: true
  })
  const some: Rule = {
    key: "some",
    strategy: "percentage_rollout",
    conditions: [],
    rollout: { percentage: 12.5, bucketBy: "subject" }
  }
  const lists: ReadonlyArray<ReadonlyArray<Rule>> = [
    [],
    [some],
    ...audiences.map((audience) => [segment(audience)]),
    [...audiences.map(segment), some]
  ]
  return lists.map((rules) => ({ rules, hashVersion: 1 }))
}
