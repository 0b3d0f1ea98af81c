/**
 * `npm start`: the flags of a web shop, from a file to decisions.
 *
 * It publishes examples/storefront.flags.json to the environment `prod` of a store, starts a node there, decides the
 * requests of examples/contexts.jsonl, explains one decision, and raises a rollout while the node runs. The store is a
 * Postgres embedded in the folder .rulestead, or the server that DATABASE_URL names.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as References from "effect/References"
import { Rulestead } from "rulestead"
import type { Manifest } from "rulestead/Manifest"
import * as Catalogue from "./start/catalogue.ts"
import * as Change from "./start/change.ts"
import { decideAll } from "./start/decide.ts"
import { explainFirst } from "./start/explain.ts"
import * as Print from "./start/print.ts"
import * as Requests from "./start/requests.ts"
import * as Store from "./start/store.ts"

const rollout: Change.Rollout = { flag: "checkout-redesign", rule: "everybody", percentage: 50 }

const useNode = Effect.fnUntraced(function*(catalogue: Manifest) {
  const requests = yield* Requests.read
  yield* Console.log(Print.node(yield* Rulestead.health))
  yield* Console.log(Print.decisions(catalogue, yield* decideAll(requests)))
  yield* Console.log(Print.explanation(yield* explainFirst(rollout.flag, rollout.rule, requests)))
  yield* Console.log(Print.change(rollout, yield* Change.watchRollout(rollout, requests)))
})

const tour = Effect.gen(function*() {
  const catalogue = yield* Catalogue.read
  yield* Console.log(Print.catalogue(yield* Catalogue.publish(catalogue)))
  yield* Effect.provide(
    useNode(catalogue),
    Rulestead.layer({ environment: Catalogue.environment, whenNotFresh: "fail" })
  )
})

const program = Effect.gen(function*() {
  const { name, remains } = yield* Store.place
  yield* Console.log(Print.opening(name))
  yield* Effect.provide(tour, Store.layer)
  yield* Console.log(Print.ending(remains))
})

const fail = ({ message }: { readonly message: string }) =>
  Effect.andThen(
    Console.error(`Failed: ${message}`),
    Effect.sync(() => {
      process.exitCode = 1
    })
  )

program.pipe(
  Effect.catch(fail),
  // The node logs what the tour tells in its own words.
  Effect.provideService(References.MinimumLogLevel, "Warn"),
  NodeRuntime.runMain
)
