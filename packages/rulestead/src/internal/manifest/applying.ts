/**
 * How a plan is applied: make it again, in the transaction that then does what it says.
 */
import * as Effect from "effect/Effect"
import * as Finding from "../../Finding.ts"
import type { Plan } from "../../Plan.ts"
import { Publisher } from "../../Publisher.ts"
import { type Seen, Stale } from "../../Stale.ts"
import type { WriteOptions } from "../../Store.ts"
import { Commands } from "../../StoreBackend.ts"
import { isSame } from "../canonicalJson.ts"
import * as Planning from "./planning.ts"
import { report } from "./report.ts"
import { write } from "./writing.ts"

export const apply = Effect.fnUntraced(function*(plan: Plan, options: WriteOptions = {}) {
  const publisher = yield* Publisher
  // A publish is two commands, and so is making the plan again.
  const commands = 2 * (plan.changes.length + 1)
  const { heads, value } = yield* publisher.together(applyHere(plan, options)).pipe(
    Effect.provideService(Commands, commands)
  )
  return report(value, heads.find(({ environment }) => environment === plan.environment.key) ?? null)
})

const applyHere = Effect.fnUntraced(function*(plan: Plan, options: WriteOptions) {
  const now = yield* Planning.make(plan.request)
  if (!isSame(now.plan, plan)) {
    return yield* new Stale({ environment: plan.environment.key, moved: movedSince(plan, now.plan) })
  }
  const refused = Finding.toRefusal("plan", now.plan.findings)
  if (refused !== undefined) return yield* refused
  yield* write(now, options).pipe(
    Effect.catchTags({
      Conflict: ({ key }) => overtaken(plan, key),
      AlreadyExists: ({ key }) => overtaken(plan, key),
      FlagArchived: ({ flag }) => overtaken(plan, flag),
      AudienceArchived: ({ audience }) => overtaken(plan, audience),
      StalePreview: ({ audience }) => overtaken(plan, audience)
    })
  )
  return now.plan
})

const movedSince = ({ observed }: Plan, now: Plan): ReadonlyArray<Seen> => {
  const current = new Map(now.observed.map((seen) => [nameOf(seen), seen.revision]))
  return observed.filter((seen) => current.get(nameOf(seen)) !== seen.revision)
}

/** Somebody else wrote between the look and the write. */
const overtaken = ({ environment: { key }, observed }: Plan, name: string) =>
  Effect.fail(
    new Stale({
      environment: key,
      moved: observed.filter((seen) =>
        name === (seen.environment === null ? seen.key : `${seen.key} in ${seen.environment}`)
      )
    })
  )

const nameOf = ({ environment, key, kind }: Seen): string => JSON.stringify([kind, key, environment])
