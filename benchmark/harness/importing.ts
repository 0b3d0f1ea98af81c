// Imports one package in a process of its own and says how many milliseconds of processor time that took; with a second
// argument, how many until a first flag is decided.
import { now } from "./clock.ts"

const [name = "", decides] = process.argv.slice(2)
const begin = now()
const imported = await import(name)
if (decides !== undefined) {
  const flag = { key: "checkout", valueType: "boolean", defaultValue: true, ruleset: { rules: [] } }
  const client = await imported.createRulestead({ environment: "prod", manifest: { schemaVersion: 1, flags: [flag] } })
  if (!client.enabled("checkout")) throw new Error("the flag is off")
}
process.stdout.write(String((now() - begin) / 1e6), () => process.exit())
