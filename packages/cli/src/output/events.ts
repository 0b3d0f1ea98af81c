/** Audit events in words. */
import type * as Audit from "rulestead/Audit"
import * as Differences from "./differences.ts"
import type { Style } from "./style.ts"

interface Written {
  readonly dryRun: boolean
  readonly changes: ReadonlyArray<Audit.Event>
}

export const describe = ({ changes, dryRun }: Written, style: Style): string => {
  if (changes.length === 0) return dryRun ? "Nothing would change." : "Nothing to change: it is so already."
  return changes.flatMap((event) => [
    `${dryRun ? `${style.warning("would")} ${verbs[event.action].will}` : style.good(verbs[event.action].did)} ${
      about(event)
    }`,
    ...Differences.lines(event.changes).map((line) => `  ${style.dim(line)}`)
  ]).join("\n")
}

/** As `new-checkout in prod`. */
export const about = ({ environment, key }: Audit.Event): string =>
  [key, environment].filter((part) => part !== null).join(" in ")

interface Verb {
  readonly will: string
  readonly did: string
}

const verb = (will: string, did: string): Verb => ({ will, did })

const verbs: Readonly<Record<Audit.Action, Verb>> = {
  "environment.create": verb("create the environment", "created the environment"),
  "environment.change": verb("change the environment", "changed the environment"),
  "audience.create": verb("create the audience", "created the audience"),
  "audience.change": verb("change the audience", "changed the audience"),
  "audience.archive": verb("archive the audience", "archived the audience"),
  "audience.unarchive": verb("unarchive the audience", "unarchived the audience"),
  "flag.create": verb("create the flag", "created the flag"),
  "flag.change": verb("change the flag", "changed the flag"),
  "flag.archive": verb("archive the flag", "archived the flag"),
  "flag.unarchive": verb("unarchive the flag", "unarchived the flag"),
  "draft.save": verb("save a draft of", "saved a draft of"),
  "draft.discard": verb("discard the draft of", "discarded the draft of"),
  "ruleset.publish": verb("publish", "published"),
  "ruleset.revert": verb("revert", "reverted"),
  "rollout.set": verb("set the rollout of", "set the rollout of"),
  "rollout.advance": verb("advance the rollout of", "advanced the rollout of"),
  "kill_switch.engage": verb("kill", "killed"),
  "kill_switch.release": verb("release", "released"),
  "snapshot.sign": verb("sign the snapshot of", "signed the snapshot of"),
  "state.read": verb("read the state of", "read the state of"),
  "audit.read": verb("read the audit", "read the audit")
}
