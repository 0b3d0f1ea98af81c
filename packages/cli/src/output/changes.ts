/** Changes and findings in words. */
import * as Change from "rulestead/Change"
import type { Finding } from "rulestead/Finding"
import * as Differences from "./differences.ts"
import type { Style } from "./style.ts"
import { printable } from "./table.ts"

/** One change and what differs in it, a line for each. */
export const describe = (changes: ReadonlyArray<Change.Change>, style: Style): ReadonlyArray<string> =>
  changes.flatMap((change) => [
    `${style.warning(signs[signOf(change.action)])} ${verbs[change.action]} ${change.key}`,
    ...Differences.lines(Change.parts(change)).map((line) => `    ${style.dim(line)}`)
  ])

const signs = { create: "+", change: "~", remove: "-" }

const signOf = (action: Change.Action): keyof typeof signs =>
  action.endsWith(".create") ? "create" : action.endsWith(".remove") ? "remove" : "change"

const verbs: Readonly<Record<Change.Action, string>> = {
  "environment.create": "create the environment",
  "audience.create": "create the audience",
  "audience.change": "change the audience",
  "audience.remove": "without the audience",
  "flag.create": "create the flag",
  "flag.change": "change the flag",
  "flag.remove": "without the flag",
  "ruleset.publish": "publish the rules of",
  "ruleset.remove": "without rules of",
  "kill_switch.engage": "kill",
  "kill_switch.release": "release",
  "draft.save": "save a draft of",
  "draft.remove": "without a draft of"
}

export const findings = (found: ReadonlyArray<Finding>, style: Style): ReadonlyArray<string> =>
  found.flatMap(({ fix, message, path, severity }) => [
    `${severity === "error" ? style.bad("error") : style.warning("warning")} ${
      printable(path === "" ? message : `${path}: ${message}`)
    }`,
    `    ${printable(fix)}`
  ])
