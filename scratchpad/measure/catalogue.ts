/** The flags that are measured with: boolean flags of five rules, and the audiences that some of the rules refer to. */
import type { Audience } from "rulestead/Audience"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import type { Ruleset } from "rulestead/Ruleset"
import * as Snapshot from "rulestead/Snapshot"
import type { Changes } from "rulestead/SnapshotFeed"
import type { StoredFlag } from "rulestead/Store"
import * as Content from "../../packages/rulestead/src/internal/authoring/content.ts"

export const environment = "prod"

export const audiences: ReadonlyArray<Audience> = ["staff", "beta", "partners", "press"].map((key) => ({
  key,
  description: "",
  definition: { conditions: [{ attribute: "group", operator: "equals", value: key }] }
}))

const audienceOf = (index: number): string => audiences[index % audiences.length]?.key ?? ""

export const keyOf = (index: number): string => `team-${index % 40}:feature-${index}`

export const flag = (index: number): StoredFlag => ({
  key: keyOf(index),
  valueType: "boolean",
  defaultValue: false,
  purpose: "release",
  description: `Feature ${index}`,
  tags: [`team-${index % 40}`],
  owner: null,
  lifecycle: { mode: "permanent" },
  revision: 1,
  createdAt: 0,
  updatedAt: 0,
  archivedAt: null
})

/** Every `edition` of them is another one. */
export const ruleset = (index: number, edition = 0): Ruleset => ({
  hashVersion: 1,
  salt: `salt-${index}`,
  rules: [
    {
      key: "blocked",
      strategy: "forced_value",
      conditions: [{
        attribute: "targetingKey",
        operator: "in",
        values: Array.from({ length: 8 }, (_, user) => `user-${index}-${user}`)
      }],
      value: false
    },
    { key: "members", strategy: "segment_match", conditions: [], audience: audienceOf(index), value: true },
    {
      key: "enterprise",
      strategy: "forced_value",
      conditions: [
        { attribute: "plan", operator: "equals", value: "enterprise" },
        { attribute: "country", operator: "in", values: ["at", "ch", "de", "dk", "fr", "gb", "it", "us"] }
      ],
      value: true
    },
    {
      key: "recent",
      strategy: "forced_value",
      conditions: [
        { attribute: "appVersion", operator: "gte", value: 10 + index % 9 },
        { attribute: "platform", operator: "not_equals", value: "web" }
      ],
      value: true
    },
    {
      key: "everybody",
      strategy: "percentage_rollout",
      conditions: [],
      rollout: { percentage: edition % 10_000 / 100, bucketBy: "subject" },
      value: true
    }
  ]
})

/** The entries of a snapshot with `count` flags. */
export const entries = (count: number, version = 1): ReadonlyArray<Snapshot.StoredEntry> =>
  [
    ...audiences.map(Content.audience),
    ...Array.from({ length: count }, (_, index) => Content.flag(flag(index), 1, ruleset(index)))
  ].map((wanted) => stored(wanted, version))

const stored = ({ content, key, kind }: Content.Wanted, version: number): Snapshot.StoredEntry => ({
  kind,
  key,
  version,
  hash: content === null ? "" : Snapshot.hashEntry(kind, key, content),
  content
})

export const digest = (entries: ReadonlyArray<Snapshot.StoredEntry>): string =>
  Snapshot.adjustDigest(Snapshot.emptyDigest, { removed: [], added: entries.map(({ hash }) => hash) })

/** A snapshot with `count` flags, as a feed answers it to a node that holds nothing. */
export const snapshot = (count: number): Changes => {
  const all = entries(count)
  return {
    head: {
      schemaVersion: Snapshot.schemaVersion,
      environment,
      epoch: "measured",
      version: 1,
      digest: digest(all),
      entries: all.length,
      publishedAt: 0
    },
    complete: true,
    entries: all
  }
}

/** Somebody whom only the last rule can let in. */
export const user = (index: number): EvaluationContext => ({
  targetingKey: `user-${String(index).padStart(11, "0")}`,
  attributes: { group: "customers", plan: "free", country: "fr", appVersion: 7, platform: "web" }
})
