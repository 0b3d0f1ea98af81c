// Kills a Postgres server while flags are published on it, and checks after every restart that nothing is there by half.
// Usage: node --conditions=source scratchpad/kill-publishing.ts [times, default 1000]
import * as Effect from "effect/Effect"
import * as KillPublishing from "../test/support/KillPublishing.ts"

const times = Number(process.argv[2] ?? 1000)

const report = await Effect.runPromise(
  KillPublishing.run(times, (report) => {
    if (report.kills % 50 === 0) console.log(report)
  }).pipe(Effect.provide(KillPublishing.layer))
)
console.log(`Nothing by half, nothing lost, nothing announced in vain:`, report)
