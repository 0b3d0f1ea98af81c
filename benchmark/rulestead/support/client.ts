// The client for plain Node.js code, with flags that the application brings along.
import { type CreateOptions, createRulestead, type RulesteadClient } from "@rulestead/node"
import { delivered } from "../../delivered.ts"
import type { Flag } from "../../flags.ts"
import { entry } from "./entries.ts"
import { environment } from "./snapshot.ts"

const manifest = (flags: ReadonlyArray<Flag>): NonNullable<CreateOptions["manifest"]> =>
  delivered({
    schemaVersion: 1,
    flags: flags.map(entry).map(({ defaultValue, key, rules, salt, valueType }) => ({
      key,
      valueType,
      defaultValue,
      ruleset: { rules, salt }
    }))
  })

export const create = (flags: ReadonlyArray<Flag>): Promise<RulesteadClient> =>
  createRulestead({ environment, manifest: manifest(flags) })
