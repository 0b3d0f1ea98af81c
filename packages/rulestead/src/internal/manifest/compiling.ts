/**
 * Two manifests, compiled as a node would, and the counts of how one decides other than the other.
 */
import * as Effect from "effect/Effect"
import type { Outcome } from "../../Decision.ts"
import type { EvaluationContext } from "../../EvaluationContext.ts"
import * as Evaluator from "../../Evaluator.ts"
import type { FlagContent, Manifest } from "../../Manifest.ts"
import type { Example, FlagSummary, Served } from "../../Simulation.ts"
import type { FlagEntry } from "../../Snapshot.ts"
import { canonicalJson, isSame } from "../canonicalJson.ts"
import * as Slices from "../slices.ts"
import { audiencesOf } from "./content.ts"

interface Settings {
  readonly examples: number
  readonly reveal: boolean
}

/** A comparison of each named flag; without names, of each that can decide differently. */
export const compare = Effect.fnUntraced(function*(
  before: Manifest,
  after: Manifest,
  names: ReadonlyArray<string> | undefined,
  settings: Settings
) {
  const [olds, news] = [indexed(before), indexed(after)]
  const keys = new Set(names ?? [...olds.flags.keys(), ...news.flags.keys()])
  const comparisons: Array<Comparison> = []
  yield* Slices.forEach([...keys].sort(), (key) => {
    if (names === undefined && isSame(basisOf(olds, key), basisOf(news, key))) return undefined
    comparisons.push(new Comparison(key, compile(olds, key), compile(news, key), settings))
    return undefined
  })
  return comparisons
})

interface Indexed {
  readonly flags: ReadonlyMap<string, FlagContent>
  readonly audiences: ReadonlyMap<string, Manifest["audiences"][number]>
}

const indexed = ({ audiences, flags }: Manifest): Indexed => ({
  flags: new Map(flags.map((flag) => [flag.key, flag])),
  audiences: new Map(audiences.map((audience) => [audience.key, audience]))
})

/** All that a decision of the flag follows from. */
const basisOf = (manifest: Indexed, key: string): unknown => {
  const entry = entryOf(manifest.flags.get(key))
  return entry === undefined ? null : [entry, definitionsOf(manifest, key)]
}

const definitionsOf = ({ audiences, flags }: Indexed, key: string) =>
  audiencesOf({ ruleset: flags.get(key)?.ruleset }).flatMap((name) => {
    const audience = audiences.get(name)
    return audience === undefined ? [] : [{ key: name, definition: audience.definition }]
  })

/** What a snapshot would have of the flag: nothing, as long as it was never published. */
const entryOf = (flag: FlagContent | undefined): FlagEntry | undefined => {
  if (flag?.ruleset === undefined) return undefined
  const { defaultValue, key, killSwitch, ruleset, valueType } = flag
  return {
    key,
    valueType,
    defaultValue,
    rulesetVersion: 0,
    ...ruleset,
    ...(killSwitch === undefined ? {} : { killSwitch })
  }
}

const compile = (manifest: Indexed, key: string): Evaluator.CompiledFlag | undefined => {
  const entry = entryOf(manifest.flags.get(key))
  if (entry === undefined) return undefined
  const audiences = definitionsOf(manifest, key).map(Evaluator.compileAudience)
  // A copy, because compiling freezes what is served.
  return Evaluator.compileFlag(structuredClone(entry), new Map(audiences.map((audience) => [audience.key, audience])))
}

/** One flag, before and after. */
class Comparison {
  readonly flag: string
  private readonly before: Side
  private readonly after: Side
  private readonly settings: Settings
  private readonly moves = new Map<Tally, Map<Tally, number>>()
  private readonly examples: Array<Example> = []
  private changed = 0

  constructor(
    flag: string,
    before: Evaluator.CompiledFlag | undefined,
    after: Evaluator.CompiledFlag | undefined,
    settings: Settings
  ) {
    this.flag = flag
    this.before = new Side(before)
    this.after = new Side(after)
    this.settings = settings
  }

  /** Counts how a context, the `index`th, is decided. */
  add(context: EvaluationContext, index: number): void {
    const from = this.before.decide(context)
    const to = this.after.decide(context)
    if (from.id === to.id) return
    this.changed++
    const moves = this.moves.get(from) ?? new Map<Tally, number>()
    this.moves.set(from, moves.set(to, (moves.get(to) ?? 0) + 1))
    if (this.examples.length === this.settings.examples) return
    this.examples.push({
      index,
      before: this.before.explain(context, this.settings),
      after: this.after.explain(context, this.settings)
    })
  }

  summary(): FlagSummary {
    const moves = [...this.moves].flatMap(([from, tos]) =>
      [...tos].map(([to, count]) => ({ from: from.served, to: to.served, count }))
    )
    return {
      flag: this.flag,
      changed: this.changed,
      before: this.before.served(),
      after: this.after.served(),
      moves: moves.sort(mostFirst),
      examples: this.examples
    }
  }
}

const mostFirst = (a: { readonly count: number }, b: { readonly count: number }): number => b.count - a.count

/** An answer, however it came about, and how often it was given. */
interface Tally {
  /** The same for the same answer, also on the other side. */
  readonly id: string
  readonly served: Omit<Served, "count"> | null
  count: number
}

class Side {
  private readonly compiled: Evaluator.CompiledFlag | undefined
  private readonly tallies = new Map<string, Tally>()
  /** A flag has few outcomes, each one object. */
  private readonly byOutcome = new Map<Outcome | undefined, Tally>()

  constructor(compiled: Evaluator.CompiledFlag | undefined) {
    this.compiled = compiled
  }

  decide(context: EvaluationContext): Tally {
    const outcome = this.compiled === undefined ? undefined : Evaluator.evaluate(this.compiled, context)
    const tally = this.byOutcome.get(outcome) ?? this.tallyOf(outcome)
    tally.count++
    return tally
  }

  explain(context: EvaluationContext, { reveal }: Settings): Example["before"] {
    return this.compiled === undefined ? null : Evaluator.explain(this.compiled, context, { reveal })
  }

  served(): ReadonlyArray<Served> {
    return [...this.tallies.values()]
      .flatMap(({ count, served }) => served === null ? [] : [{ ...served, count }])
      .sort(mostFirst)
  }

  private tallyOf(outcome: Outcome | undefined): Tally {
    const served = outcome === undefined
      ? null
      : { value: outcome.value, variant: outcome.variant, enabled: outcome.enabled }
    const id = canonicalJson(served)
    const tally = this.tallies.get(id) ?? { id, served, count: 0 }
    this.tallies.set(id, tally)
    this.byOutcome.set(outcome, tally)
    return tally
  }
}
