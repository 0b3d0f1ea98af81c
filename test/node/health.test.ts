import { createRulestead } from "@rulestead/node"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { catalogue } from "./fixtures/catalogue.ts"

const counts = { missing: 0, unready: 0, unmet: 0, stale: 0, refused: 0, epochs: 0 }

describe("the health of a client", () => {
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "rulestead-health-"))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it("has all that an operator needs while all is well, and says when it is closed", async () => {
    const rulestead = await createRulestead({ environment: "prod", manifest: catalogue, backup: { directory } })
    await rulestead.flush()
    rulestead.enabled("no-such-flag")
    const health = rulestead.health()
    const { appliedAge, appliedAt, digest, epoch, publishedAt, refresh, verifiedAge, verifiedAt, version } = health
    assert.match(String(digest), /^[0-9a-f]{64}$/)
    assert.isNotEmpty(epoch)
    for (const at of [appliedAt, publishedAt, verifiedAt]) {
      assert.isAtMost(Math.abs(Date.now() - Number(at)), 60_000)
    }
    for (const millis of [appliedAge, verifiedAge, refresh.fetchMillis, refresh.applyMillis, refresh.nextIn]) {
      assert.isAtLeast(Number(millis), 0)
      assert.isNumber(millis)
    }
    assert.deepInclude(health, {
      environment: "prod",
      live: true,
      ready: true,
      readiness: { _tag: "Fresh" },
      stale: false,
      source: "live",
      flags: 3,
      counts: { ...counts, missing: 1 },
      telemetry: { dropped: 0, failed: 0 }
    })
    assert.deepInclude(refresh, { state: "waiting", failures: 0, lastError: null, abandoned: 0 })
    assert.isAtLeast(refresh.attempts, 1)
    assert.deepStrictEqual(health.listener, { state: "listening", failures: 0, reason: null })
    assert.deepInclude(health.backup, { state: "written", version, readOnly: false, quarantined: [], detail: null })
    assert.isAtMost(Math.abs(Date.now() - Number(health.backup.at)), 60_000)

    await rulestead.close()
    const closed = rulestead.health()
    assert.deepInclude(closed, { live: false, ready: true, stale: true, version })
    assert.deepInclude(closed.refresh, { state: "closed", nextIn: null })
    assert.strictEqual(closed.listener.state, "closed")
  })

  it("says from what it serves and what is in the way while the store is away", async () => {
    const rulestead = await createRulestead({
      environment: "prod",
      url: "postgres://127.0.0.1:1/shop",
      bootTimeout: "2 seconds",
      backup: { directory },
      logLevel: "None"
    })
    const { backup, digest, epoch, listener, refresh, ...health } = rulestead.health()
    assert.deepInclude(health, { live: true, ready: true, stale: true, source: "backup", flags: 3, verifiedAt: null })
    assert.deepInclude(health, { verifiedAge: null, counts })
    assert.deepInclude(health.readiness, { _tag: "FromBackup", reason: "unreachable", writtenAt: Number(backup.at) })
    assert.deepInclude(rulestead.readiness(), { _tag: "FromBackup" })
    assert.isNotNull(digest)
    assert.isNotNull(epoch)
    assert.deepInclude(refresh.lastError, { reason: "unreachable" })
    assert.isAtLeast(Number(refresh.lastError?.age), 0)
    assert.isAtMost(Math.abs(Date.now() - Number(refresh.lastError?.at)), 60_000)
    assert.isNotEmpty(refresh.lastError?.detail)
    assert.isAtLeast(refresh.failures, 1)
    assert.deepStrictEqual(listener, { state: "waiting", failures: 0, reason: null })
    assert.deepInclude(backup, { state: "loaded", version: health.version })
    await rulestead.close()
  })

  it("has no number where there is nothing to count or to date", async () => {
    const rulestead = await createRulestead({
      environment: "prod",
      url: "postgres://127.0.0.1:1/shop",
      bootTimeout: "2 seconds",
      background: false,
      logLevel: "None"
    })
    const { refresh, ...health } = rulestead.health()
    assert.deepInclude(refresh, { failures: 1, nextIn: null, applyMillis: null, abandoned: 0 })
    assert.deepStrictEqual(health, {
      environment: "prod",
      live: true,
      ready: false,
      readiness: { _tag: "Empty", reason: "unreachable" },
      stale: true,
      source: "none",
      epoch: null,
      version: 0,
      digest: null,
      publishedAt: null,
      flags: 0,
      verifiedAt: null,
      verifiedAge: null,
      appliedAt: null,
      appliedAge: null,
      listener: { state: "waiting", failures: 0, reason: null },
      backup: { state: "off", at: null, version: null, readOnly: false, quarantined: [], detail: null },
      counts,
      telemetry: { dropped: 0, failed: 0 }
    })
    await rulestead.close()
  })
})
