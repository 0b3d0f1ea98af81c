import { assert, layer } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Publisher } from "rulestead/Publisher"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import { Recorded, Telemetry } from "rulestead/Telemetry"
import { TestDatabase } from "../support/TestDatabase.ts"

layer(TestDatabase.layer, { excludeTestServices: true })("telemetry of a store on Postgres", (it) => {
  it.effect("tells of what has committed, and of nothing else", () =>
    Effect.gen(function*() {
      const { url } = yield* TestDatabase
      const context = yield* Layer.build(
        Layer.provideMerge(Postgres.layerMigrated({ url }), Telemetry.layerMemory())
      )
      const store = Context.get(context, Store)
      const publisher = Context.get(context, Publisher)
      const publish = Effect.gen(function*() {
        const { revision } = yield* store.state("checkout", "prod")
        const rules = [{ key: "all", strategy: "forced_value", value: true }] as const
        const draft = yield* store.saveDraft("checkout", "prod", { rules }, { expected: revision })
        return yield* publisher.publish("checkout", "prod", { expected: draft.revision })
      })
      yield* store.createEnvironment({ key: "prod", name: "Production" })
      yield* store.createFlag({ key: "checkout", valueType: "boolean", defaultValue: false })
      const { head } = yield* publish
      yield* Effect.exit(store.transaction(Effect.andThen(publish, Effect.fail("changed my mind"))))

      const { epoch } = (yield* Context.get(context, SnapshotFeed).changesSince("prod", undefined)).head
      const events = Context.get(context, Recorded).events()
      const published = events.filter((event) => event._tag === "SnapshotPublished")
      assert.lengthOf(published, 1)
      assert.deepInclude(published[0], {
        environment: "prod",
        epoch,
        version: head?.version ?? 0,
        changed: 1,
        entries: 1
      })
      const ended = events.flatMap((event) => event._tag === "CommandEnded" ? [event.command] : [])
      assert.deepStrictEqual(ended, ["environment.create", "flag.create", "draft.save", "ruleset.publish"])
    }))
})
