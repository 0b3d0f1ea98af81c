import * as Effect from "effect/Effect"
import { Store } from "rulestead/Store"

const pageSize = 1000

/** The keys of all flags that are not archived. */
export const flagKeys = Effect.gen(function*() {
  const store = yield* Store
  const keys: Array<string> = []
  while (true) {
    const page = yield* store.flags({ after: keys.at(-1), limit: pageSize })
    keys.push(...page.map(({ key }) => key))
    if (page.length < pageSize) return keys
  }
})
