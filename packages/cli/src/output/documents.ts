/** The JSON of what the core has only as types. */
import * as Schema from "effect/Schema"
import * as Tuple from "effect/Tuple"
import { Audience } from "rulestead/Audience"
import { Environment } from "rulestead/Environment"
import { Flag } from "rulestead/Flag"
import { Ruleset } from "rulestead/Ruleset"

const stored = { revision: Schema.Natural, createdAt: Schema.Finite, updatedAt: Schema.Finite }

const archivable = { ...stored, archivedAt: Schema.NullOr(Schema.Finite) }

export const StoredEnvironment = Schema.Struct({ ...Environment.fields, ...stored })

export const StoredAudience = Schema.Struct({ ...Audience.fields, ...archivable })

export const StoredFlag = Flag.mapMembers(Tuple.map(Schema.fieldsAssign(archivable)))

export const PublishedRuleset = Schema.Struct({
  flag: Schema.String,
  environment: Schema.String,
  version: Schema.Natural,
  ruleset: Ruleset,
  publishedAt: Schema.Finite
})

export const Provenance = Schema.Struct({
  environment: Schema.String,
  epoch: Schema.NullOr(Schema.String),
  version: Schema.Natural,
  source: Schema.Literals(["live", "backup", "bootstrap", "none"]),
  stale: Schema.Boolean
})

const outcome = {
  flag: Schema.String,
  value: Schema.Json,
  enabled: Schema.Boolean,
  variant: Schema.NullOr(Schema.String),
  reason: Schema.Literals(["rule_match", "default", "killed", "error"]),
  rule: Schema.NullOr(Schema.String),
  rulesetVersion: Schema.Natural,
  holdout: Schema.Boolean
}

export const Decision = Schema.Struct({ ...outcome, snapshot: Provenance })

const Condition = Schema.Struct({
  attribute: Schema.String,
  operator: Schema.String,
  passed: Schema.Boolean,
  present: Schema.Boolean,
  actual: Schema.optionalKey(Schema.Unknown),
  expected: Schema.optionalKey(Schema.Unknown)
})

const Rule = Schema.Struct({
  rule: Schema.String,
  strategy: Schema.String,
  matched: Schema.Boolean,
  skipped: Schema.NullOr(Schema.String),
  conditions: Schema.Array(Condition),
  audience: Schema.NullOr(Schema.Struct({
    key: Schema.String,
    outcome: Schema.String,
    conditions: Schema.Array(Condition)
  })),
  bucket: Schema.NullOr(Schema.Struct({
    bucketBy: Schema.String,
    threshold: Schema.Finite,
    bucket: Schema.NullOr(Schema.Finite),
    variantBucket: Schema.NullOr(Schema.Finite),
    identity: Schema.optionalKey(Schema.String)
  }))
})

export const Explanation = Schema.Struct({ outcome: Schema.Struct(outcome), rules: Schema.Array(Rule) })

export const Explained = Schema.Struct({ ...Explanation.fields, snapshot: Provenance })
