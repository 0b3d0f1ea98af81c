/**
 * A flag, ready to be decided. A process decides few of the flags of a snapshot, and fewer of them often. So a flag costs
 * as it is asked: its first decision compiles it, and once it has been decided often it gets code of its own.
 */
import type { Outcome } from "../Decision.ts"
import type { EvaluationContext } from "../EvaluationContext.ts"
import type { FlagEntry } from "../Snapshot.ts"
import type { Value, ValueType } from "../Value.ts"
import { generate, type Walk } from "./generate.ts"
import { interpret } from "./interpret.ts"
import * as Program from "./program.ts"
import type { CompiledAudience } from "./rules.ts"
import type { Served } from "./served.ts"

/** The decision that generates code. Earlier ones could not be expected to earn what that costs. */
const hot = 200

/** What is known of a flag without compiling it. */
interface Facts {
  readonly key: string
  readonly valueType: ValueType
  readonly defaultValue: Value
  readonly rulesetVersion: number
  /** The audiences that its rules refer to: when one of them changes, the flag must be compiled again. */
  readonly audiences: ReadonlyArray<string>
}

/** The entry, or a way to get it, which may take less memory: it is needed to compile the flag, and to explain it. */
type Source = FlagEntry | (() => FlagEntry)

type AudienceOf = (key: string) => CompiledAudience | undefined

export const make = (entry: FlagEntry, source: Source, audienceOf: AudienceOf): CompiledFlag =>
  new CompiledFlag({ ...entry, audiences: audiencesIn(entry) }, source, audienceOf)

const audiencesIn = ({ rules }: FlagEntry): ReadonlyArray<string> => {
  const audiences: Array<string> = []
  for (const rule of rules) {
    if (rule.strategy === "segment_match") audiences.push(rule.audience)
  }
  return audiences
}

export class CompiledFlag implements Facts {
  readonly key: string
  readonly valueType: ValueType
  readonly defaultValue: Value
  readonly rulesetVersion: number
  readonly audiences: ReadonlyArray<string>
  /** @internal Those of the audiences that there are. */
  readonly found: ReadonlyMap<string, CompiledAudience>
  private readonly source: Source
  private compiled: Program.Program | undefined = undefined
  private fixed: Served | undefined = undefined
  private walk: Walk | undefined = undefined
  private walks = 0

  constructor(facts: Facts, source: Source, audienceOf: AudienceOf) {
    this.key = facts.key
    this.valueType = facts.valueType
    this.defaultValue = facts.defaultValue
    this.rulesetVersion = facts.rulesetVersion
    this.audiences = facts.audiences
    this.source = source
    this.found = find(facts.audiences, audienceOf)
  }

  /** The same flag, with other audiences; to be compiled again. */
  against(audienceOf: AudienceOf): CompiledFlag {
    return new CompiledFlag(this, this.source, audienceOf)
  }

  /** The same flag, with one outcome for everybody. */
  deciding(outcome: Outcome): CompiledFlag {
    const flag = this.against(() => undefined)
    flag.compiled = Program.always(outcome)
    return flag
  }

  /** Every outcome that it may have had so far. */
  get outcomes(): ReadonlyArray<Served> {
    return this.compiled?.outcomes ?? []
  }

  /** @internal */
  get entry(): FlagEntry {
    return typeof this.source === "function" ? this.source() : this.source
  }

  /** @internal */
  get program(): Program.Program {
    return this.compiled ?? this.compile()
  }

  /** @internal See {@link interpret}. */
  decide(context: EvaluationContext, strict: boolean): Served {
    if (this.fixed !== undefined) return this.fixed
    return this.walk === undefined ? this.warmUp(context, strict) : this.walk(context, strict)
  }

  private warmUp(context: EvaluationContext, strict: boolean): Served {
    const { program } = this
    this.fixed = program.fixed
    if (program === this.compiled && ++this.walks === hot) this.walk = generate(program)
    return program.fixed ?? interpret(program, context, strict)
  }

  /**
   * A decision is waiting, so whatever goes wrong here must go no further. It may work the next time: for one thing, the
   * caller may have used up nearly all of the stack.
   */
  private compile(): Program.Program {
    try {
      return this.compiled = Program.compile(this.entry, this.found)
    } catch {
      return Program.failing(this)
    }
  }
}

const find = (keys: ReadonlyArray<string>, audienceOf: AudienceOf): ReadonlyMap<string, CompiledAudience> => {
  if (keys.length === 0) return none
  const found = new Map<string, CompiledAudience>()
  for (const key of keys) {
    const audience = audienceOf(key)
    if (audience !== undefined) found.set(key, audience)
  }
  return found
}

const none: ReadonlyMap<string, CompiledAudience> = new Map()
