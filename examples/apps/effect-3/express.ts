// An Express application beside Effect 3: the context of each request, and an observer of decisions.
import * as Flags from "@rulestead/http/Express"
import { createRulestead } from "@rulestead/node"
import * as ApiLogs from "@rulestead/opentelemetry/ApiLogs"
import { Effect } from "effect"
import express from "express"
import { once } from "node:events"

const rulestead = await createRulestead({
  environment: "prod",
  observer: ApiLogs.observer(),
  manifest: {
    schemaVersion: 1,
    flags: [{
      key: "new-checkout",
      valueType: "boolean",
      defaultValue: false,
      ruleset: {
        rules: [{
          key: "staff",
          strategy: "forced_value",
          conditions: [{ attribute: "plan", operator: "equals", value: "staff" }],
          value: true
        }]
      }
    }]
  }
})

const app = express()
app.use(Flags.middleware({ attributes: ({ url }) => ({ plan: url?.slice(1) }) }))
app.get("/:plan", ({ params }, response) => {
  response.send(`${params.plan}: ${rulestead.enabled("new-checkout") ? "new" : "old"} checkout`)
})

const server = app.listen(0, "127.0.0.1")
await once(server, "listening")
const address = server.address()
const port = typeof address === "object" && address !== null ? address.port : 0

const ask = (plan: string) =>
  Effect.promise(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/${plan}`)
    return response.text()
  })

console.log((await Effect.runPromise(Effect.all([ask("staff"), ask("free")]))).join("\n"))
server.close()
server.closeAllConnections()
await rulestead.close()
