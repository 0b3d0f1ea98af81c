/**
 * Rules, compiled. Those of every flag that is decided are, and few of them ever serve anything. So what a rule leads to,
 * outcomes and hashes, is made when its conditions hold for the first time.
 */
import type { Condition } from "../Condition.ts"
import type { Outcome, Selection } from "../Decision.ts"
import type { BucketBy, Rule } from "../Rule.ts"
import type { Value } from "../Value.ts"
import { compile as compileCondition, type CompiledCondition } from "./conditions.ts"
import { selectionOf } from "./selection.ts"
import { Served } from "./served.ts"
import * as Strategy from "./strategy.ts"

export interface CompiledAudience {
  readonly key: string
  readonly archived: boolean
  readonly conditions: ReadonlyArray<CompiledCondition>
  /** The same, as they were written. */
  readonly written: ReadonlyArray<Condition>
}

/** The conditions are its own, and then those of its audience. */
export type CompiledRule = ServingRule | AskedRule

/** When all conditions pass, `decide` is asked, which may have no answer. */
export interface AskedRule {
  readonly kind: "ask"
  readonly conditions: ReadonlyArray<CompiledCondition>
  readonly decide: Strategy.Decide
}

/** What a rule needs of its flag. */
export interface Flag extends Strategy.Flag {
  readonly fallthrough: Served
  /** Makes an outcome. To be asked once for each: it is counted on the object that it is. */
  readonly match: (value: Value, by: Partial<Outcome>) => Served
}

export const compile = (
  flag: Flag,
  rule: Rule,
  index: number,
  audiences: ReadonlyMap<string, CompiledAudience>
): CompiledRule => {
  const conditions = rule.conditions.map(compileCondition)
  const selection = selectionOf(rule, index)
  switch (rule.strategy) {
    case "forced_value":
      return new ServingRule(conditions, flag, rule, selection)
    case "segment_match": {
      const audience = audiences.get(rule.audience)
      return audience === undefined || audience.archived
        ? { kind: "ask", conditions, decide: () => undefined }
        : new ServingRule([...conditions, ...audience.conditions], flag, rule, selection)
    }
    default:
      return new BucketedRule(conditions, flag, rule, selection)
  }
}

/** When all conditions pass, this is served. */
export class ServingRule {
  readonly kind = "serve"
  readonly conditions: ReadonlyArray<CompiledCondition>
  private readonly flag: Flag
  private readonly key: string
  private readonly value: Value
  private readonly selection: Selection
  private made: Served | undefined = undefined

  constructor(
    conditions: ReadonlyArray<CompiledCondition>,
    flag: Flag,
    { key, value }: Exclude<Rule, Strategy.BucketedRule>,
    selection: Selection
  ) {
    this.conditions = conditions
    this.flag = flag
    this.key = key
    this.value = value
    this.selection = selection
  }

  get served(): Served {
    return this.made ??= this.flag.match(this.value, { rule: this.key, selection: this.selection })
  }
}

/** Its strategy is compiled when it is first asked. */
class BucketedRule implements AskedRule, Strategy.Serve {
  readonly kind = "ask"
  readonly conditions: ReadonlyArray<CompiledCondition>
  private readonly flag: Flag
  private readonly rule: Strategy.BucketedRule
  private readonly selection: Selection
  private made: Strategy.Decide | undefined = undefined

  constructor(
    conditions: ReadonlyArray<CompiledCondition>,
    flag: Flag,
    rule: Strategy.BucketedRule,
    selection: Selection
  ) {
    this.conditions = conditions
    this.flag = flag
    this.rule = rule
    this.selection = selection
  }

  get decide(): Strategy.Decide {
    return this.made ??= Strategy.compile(this.flag, this.rule, this)
  }

  value(value: Value, variant: string | null = null, holdout = false): Served {
    return this.flag.match(value, { rule: this.rule.key, selection: this.selection, variant, holdout })
  }

  missing(bucketBy: BucketBy): Served {
    const { fallthrough, key } = this.flag
    return new Served(fallthrough.outcome, { flag: key, rule: this.rule.key, bucketBy })
  }
}
