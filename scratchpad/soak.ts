// Lets random things happen to a Postgres server while flags are published on it and four processes decide them, and
// checks that nothing was lost and nothing wrong was served.
// Usage: npm run soak -- [--minutes 10] [--seed text]
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"
import * as Soak from "../test/soak/soak.ts"

const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } })
const seed = values.seed ?? `${process.pid}`
const start = performance.now()
const onProgress = (progress: string) => {
  console.log(`${((performance.now() - start) / 1000).toFixed(0).padStart(5)} s  ${progress}`)
}

console.log(`The seed is ${seed}`)
const report = await Effect.runPromise(
  Soak.run({ duration: Duration.minutes(Number(values.minutes ?? 10)), seed, onProgress }).pipe(
    Effect.provide(Soak.layer)
  )
)
console.dir(report, { depth: 5 })
console.log("Every node serves what the database holds; nothing acknowledged was lost, nothing else was ever served")
