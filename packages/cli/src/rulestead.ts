/** All commands. */
import * as Command from "effect/cli/Command"
import { audience } from "./commands/audience.ts"
import { audit } from "./commands/audit.ts"
import { codeRefs } from "./commands/codeRefs.ts"
import { completions } from "./commands/completions.ts"
import { convert } from "./commands/convert.ts"
import { dev } from "./commands/dev.ts"
import { diff, validate } from "./commands/diff.ts"
import { env } from "./commands/env.ts"
import { evaluate, explain } from "./commands/evaluate.ts"
import { exportCommand } from "./commands/export.ts"
import { flag } from "./commands/flag.ts"
import { generate } from "./commands/generate.ts"
import { history, revert } from "./commands/history.ts"
import { importCommand } from "./commands/import.ts"
import { init } from "./commands/init.ts"
import { kill, release } from "./commands/kill.ts"
import { lifecycle } from "./commands/lifecycle.ts"
import { migrate } from "./commands/migrate.ts"
import { compare, promote } from "./commands/promote.ts"
import { publish } from "./commands/publish.ts"
import { rollout } from "./commands/rollout.ts"
import { rule } from "./commands/rule.ts"
import { sign } from "./commands/sign.ts"
import { simulate } from "./commands/simulate.ts"
import { status } from "./commands/status.ts"
import { verify } from "./commands/verify.ts"
import { watch } from "./commands/watch.ts"
import { root } from "./root.ts"

export const rulestead = root.pipe(
  Command.withExamples([
    { command: "rulestead init", description: "Begin" },
    { command: "rulestead flag create new-checkout" },
    { command: "rulestead rule set new-checkout launch --percentage 10 --value true --publish" },
    { command: "rulestead explain new-checkout --key user-8" }
  ]),
  Command.withSubcommands([
    { group: "Store", commands: [init, dev, migrate, status, verify, watch] },
    { group: "Author", commands: [env, flag, rule, audience] },
    { group: "Make live", commands: [publish, rollout, kill, release, history, revert, sign] },
    { group: "Ask", commands: [evaluate, explain, simulate] },
    {
      group: "Manifests",
      commands: [exportCommand, importCommand, diff, validate, compare, promote, convert, generate]
    },
    { group: "Look back", commands: [audit, lifecycle, codeRefs] },
    { group: "Shell", commands: [completions] }
  ])
)
