/** What every implementation of the store has to do. */
import { layer } from "@effect/vitest"
import type * as Layer from "effect/Layer"
import { auditing } from "./store/auditing.ts"
import { concurrency } from "./store/concurrency.ts"
import { documents } from "./store/documents.ts"
import { drafts } from "./store/drafts.ts"
import { evidence } from "./store/evidence.ts"
import { feed } from "./store/feed.ts"
import { hostile } from "./store/hostile.ts"
import { impact } from "./store/impact.ts"
import { killSwitch } from "./store/killSwitch.ts"
import { manifests } from "./store/manifests.ts"
import { model } from "./store/model.ts"
import { pages } from "./store/pages.ts"
import { policies } from "./store/policies.ts"
import { protection } from "./store/protection.ts"
import { publishing } from "./store/publishing.ts"
import { reverting } from "./store/reverting.ts"
import { rollouts } from "./store/rollouts.ts"
import { rules } from "./store/rules.ts"
import { spread } from "./store/spread.ts"
import { transactions } from "./store/transactions.ts"
import type * as Scene from "./support/Scene.ts"

/** How many versions of a snapshot the store under test must have been told to remember. */
export const retention = 20

/** Runs the contract. The tests share one store, and leave alone what is not theirs. */
export const suite = <E>(name: string, store: Layer.Layer<Scene.Services, E>): void =>
  layer(store, { excludeTestServices: true, timeout: "1 minute" })(name, (it) => {
    documents(it)
    drafts(it)
    publishing(it)
    killSwitch(it)
    spread(it)
    feed(it, retention)
    auditing(it)
    evidence(it)
    pages(it)
    hostile(it)
    concurrency(it)
    impact(it)
    policies(it)
    protection(it)
    reverting(it)
    rollouts(it)
    rules(it)
    transactions(it)
    manifests(it)
    model(it)
  })
