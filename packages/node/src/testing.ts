/**
 * Flags under test, for plain Node.js code and any test runner. No database, no network, no waiting.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as References from "effect/References"
import { AsyncLocalStorage } from "node:async_hooks"
import type * as Manifest from "rulestead/Manifest"
import { Telemetry } from "rulestead/Telemetry"
import * as Testing from "rulestead/testing"
import * as RulesteadClient from "./RulesteadClient.ts"

export {
  /**
   * A decision with its variant, and its reason if it is not to be `rule_match`.
   *
   * @category constructors
   * @since 0.1.0
   */
  forced,
  /**
   * A question that the test did not foresee.
   *
   * @category errors
   * @since 0.1.0
   */
  Unexpected
} from "rulestead/testing"

export type {
  /**
   * One question, and what the answer was.
   *
   * @category models
   * @since 0.1.0
   */
  Asked,
  /**
   * What a flag is to be decided as.
   *
   * @category models
   * @since 0.1.0
   */
  Decided,
  /**
   * What each flag is to be decided as, by key.
   *
   * @category models
   * @since 0.1.0
   */
  Flags
} from "rulestead/testing"

/**
 * - `manifest`: flags that their rules decide; none, if left out.
 * - `unexpected` (`fail`): whether a question that the test did not foresee throws, or is answered as in production.
 *
 * @category models
 * @since 0.1.0
 */
export interface TestOptions {
  readonly manifest?: Manifest.Input | undefined
  readonly unexpected?: "fail" | "default" | undefined
}

/**
 * A client, and what a test does with its flags beside asking for them.
 *
 * - `withFlag`: decides a flag for as long as a function runs, what it awaits included, and for nobody else: tests that
 *   run at the same time do not meet.
 * - `set`: decides a flag, for everybody from now on.
 * - `reset`: takes back what was `set`, and forgets what was asked.
 * - `asked`: what was asked so far, in order. Not `explain` and `decisions`.
 *
 * @category models
 * @since 0.1.0
 */
export interface TestRulestead extends RulesteadClient.RulesteadClient {
  readonly withFlag: <A>(flag: string, decided: Testing.Decided, run: () => A) => A
  readonly set: (flag: string, decided: Testing.Decided) => void
  readonly reset: () => void
  readonly asked: () => ReadonlyArray<Testing.Asked>
}

/**
 * A client whose flags are decided as the test says, or by the rules of a manifest. Close it at the end of the test.
 *
 * **Example**
 *
 * ```ts
 * import { createTestRulestead } from "@rulestead/node/testing"
 * import assert from "node:assert"
 * import { test } from "node:test"
 *
 * test("shows the new checkout", async () => {
 *   await using rulestead = await createTestRulestead({ "new-checkout": true })
 *   assert.equal(rulestead.enabled("new-checkout"), true)
 *   assert.deepEqual(rulestead.asked(), [{ flag: "new-checkout", reason: "rule_match", variant: null }])
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const createTestRulestead = async (
  flags: Testing.Flags = {},
  { manifest = { schemaVersion: 1, flags: [] }, unexpected }: TestOptions = {}
): Promise<TestRulestead> => {
  const storage = new AsyncLocalStorage<Testing.Flags>()
  const scoped = () => storage.getStore() ?? {}
  const runtime = ManagedRuntime.make(
    Testing.layerManifest(manifest, { flags, scoped, unexpected }).pipe(
      Layer.provideMerge(Telemetry.layer()),
      Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "None"))
    )
  )
  const client = await RulesteadClient.make(runtime, "test")
  const { asked, reset, set } = Context.get(await runtime.context(), Testing.TestFlags)
  return {
    ...client,
    withFlag: (flag, decided, run) => storage.run({ ...scoped(), [flag]: decided }, run),
    set: (flag, decided) => Effect.runSync(set(flag, decided)),
    reset: () => Effect.runSync(reset),
    asked: () => Effect.runSync(asked)
  }
}
