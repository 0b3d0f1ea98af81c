import { assert, describe, it } from "@effect/vitest"
import { assess, type Facts } from "rulestead/LifecycleReport"

const day = 86_400_000
const now = Date.parse("2026-11-23T12:00:00Z")
const ago = (days: number): number => now - days * day

const flag = {
  key: "new-checkout",
  valueType: "boolean",
  defaultValue: false,
  purpose: "release",
  description: "",
  tags: [],
  owner: null,
  lifecycle: { mode: "expiring", reviewBy: "2026-12-31" },
  revision: 1,
  createdAt: ago(200),
  updatedAt: ago(200),
  archivedAt: null
} satisfies Facts["flag"]

const used = (days: number, variant: string | null = null) => ({
  flag: flag.key,
  variant,
  reason: "rule_match" as const,
  at: ago(days)
})

const place = { source: "web", flag: flag.key, file: "a.ts", line: 1, kind: "call" as const }

/** Live for a hundred days, watched, served in two variants an hour ago, and not found in fresh code. */
const facts = (change: Partial<Facts> = {}): Facts => ({
  flag,
  environment: "prod",
  publishedAt: ago(100),
  usage: [used(0, "a"), used(1, "b")],
  observation: { since: ago(90), last: ago(0) },
  references: [],
  scans: [{ source: "web", at: ago(1), references: 10 }],
  now,
  ...change
})

const due = { lifecycle: { mode: "expiring", reviewBy: "2026-11-23" } } as const

describe("a flag's state", () => {
  const cases: ReadonlyArray<readonly [name: string, change: Partial<Facts>, state: string, evaluation: string]> = [
    ["is active while nodes serve it", {}, "active", "recently_evaluated"],
    ["is active however long ago it was published", { publishedAt: ago(1000) }, "active", "recently_evaluated"],
    [
      "is potentially stale after 15 days without an answer",
      { usage: [used(15, "a"), used(20, "b")] },
      "potentially_stale",
      "recently_evaluated"
    ],
    ["is stale after 30 days without an answer", { usage: [used(30)] }, "stale", "not_evaluated_recently"],
    [
      "is potentially stale when nobody ever asked",
      {
        usage: [],
        publishedAt: ago(20)
      },
      "potentially_stale",
      "never_evaluated"
    ],
    ["is stale when nobody asked in 30 days of watching", { usage: [] }, "stale", "never_evaluated"],
    [
      "is potentially stale while watching has only begun",
      {
        usage: [],
        observation: { since: ago(3), last: ago(0) }
      },
      "potentially_stale",
      "never_evaluated"
    ],
    ["is stale when one answer was all for 30 days", { usage: [used(0)] }, "stale", "recently_evaluated"],
    [
      "is potentially stale when one answer was all for 15 days",
      {
        usage: [used(0)],
        publishedAt: ago(16)
      },
      "potentially_stale",
      "recently_evaluated"
    ],
    [
      "is not judged by answers from before the last publish",
      {
        usage: [used(0, "a"), used(20, "b")],
        publishedAt: ago(10)
      },
      "active",
      "recently_evaluated"
    ],
    ["is not called unused where nobody looks", { usage: [], observation: null }, "active", "unknown"],
    [
      "is not called unused where nobody looks any more",
      {
        usage: [used(40)],
        observation: { since: ago(90), last: ago(16) }
      },
      "active",
      "unknown"
    ],
    ["is unpublished before its first publish", { publishedAt: null, usage: [] }, "unpublished", "not_applicable"],
    ["is archived in the end", { flag: { ...flag, archivedAt: ago(1) } }, "archived", "not_applicable"]
  ]
  it.each(cases)("%s", (_, change, state, evaluation) => {
    const assessment = assess(facts(change))
    assert.strictEqual(assessment.state, state)
    assert.strictEqual(assessment.evaluation.status, evaluation)
  })
})

describe("the references of code", () => {
  const cases: ReadonlyArray<readonly [status: string, change: Partial<Facts>]> = [
    ["refs_present", { references: [place] }],
    ["fresh_refs_absent", {}],
    ["scan_stale", {
      scans: [{ source: "web", at: ago(1), references: 1 }, { source: "api", at: ago(31), references: 0 }]
    }],
    ["scan_unknown", { scans: [] }],
    ["not_applicable", { flag: { ...flag, archivedAt: ago(1) } }]
  ]
  it.each(cases)("are %s", (status, change) => {
    assert.strictEqual(assess(facts(change)).references.status, status)
  })
})

describe("the readiness to archive", () => {
  it("is there with strong evidence: nothing in the code, and a review that is due", () => {
    const { actions, evidence, readiness, reasons } = assess(facts({ flag: { ...flag, ...due } }))
    assert.deepStrictEqual({ actions, evidence, readiness, reasons }, {
      actions: ["archive"],
      evidence: "strong",
      readiness: "archive_candidate",
      reasons: ["expiring", "review_passed", "no_code_references"]
    })
  })

  it.each([
    ["it is stale", { usage: [used(31)] }],
    ["nobody ever asked", { usage: [] }]
  ])("is there when %s", (_, change) => {
    assert.strictEqual(assess(facts(change)).readiness, "archive_candidate")
  })

  it.each(
    [
      ["code refers to it", { references: [place] }, "code_references_present"],
      ["it is a kill switch", { flag: { ...flag, purpose: "kill_switch" } }, "protected_purpose"],
      ["it is permanent", { flag: { ...flag, lifecycle: { mode: "permanent" } } }, "permanent"],
      ["it is configuration", { flag: { ...flag, purpose: "remote_config" } }, "remote_config_requires_review"]
    ] satisfies ReadonlyArray<readonly [string, Partial<Facts>, string]>
  )("is refused while %s", (_, change, blocker) => {
    const { actions, blockers, readiness } = assess(facts({ usage: [], ...change }))
    assert.strictEqual(readiness, "keep_active")
    assert.include(blockers, blocker)
    assert.strictEqual(actions[0], "keep")
  })

  it("waits for a look where something is not known, and says what", () => {
    const unwatched = assess(facts({ flag: { ...flag, ...due }, observation: null, usage: [] }))
    assert.deepStrictEqual([unwatched.readiness, unwatched.evidence], ["needs_review", "partial"])
    assert.deepStrictEqual(unwatched.unknowns, ["evaluation_missing"])
    assert.deepStrictEqual(unwatched.actions, ["review", "collect_usage"])

    const unscanned = assess(facts({ flag: { ...flag, ...due }, scans: [] }))
    assert.deepStrictEqual([unscanned.readiness, unscanned.evidence], ["needs_review", "weak"])
    assert.deepStrictEqual(unscanned.actions, ["review", "scan_code"])
  })

  it("advises to serve without the flag when it has one answer left and code asks for it", () => {
    assert.deepStrictEqual(assess(facts({ usage: [used(0)], references: [place] })).actions, [
      "keep",
      "serve_without_the_flag",
      "remove_references"
    ])
  })

  it("is no question for what is archived", () => {
    const { actions, blockers, readiness, reasons } = assess(facts({ flag: { ...flag, archivedAt: ago(1) } }))
    assert.deepStrictEqual({ actions, blockers, readiness, reasons }, {
      actions: [],
      blockers: ["already_archived"],
      readiness: "keep_active",
      reasons: []
    })
  })
})
