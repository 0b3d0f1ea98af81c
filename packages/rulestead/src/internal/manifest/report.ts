import type { Action, Change } from "../../Change.ts"
import type { Report } from "../../Manifest.ts"
import type { Plan } from "../../Plan.ts"
import type { Head } from "../../Snapshot.ts"

/** What a plan did, told in keys. */
export const report = ({ changes, environment: { exists, key }, unchanged }: Plan, head: Head | null): Report => ({
  environment: { key, created: !exists },
  audiences: {
    created: keysOf(changes, "audience.create"),
    changed: keysOf(changes, "audience.change"),
    unchanged: unchanged.audiences
  },
  flags: {
    created: keysOf(changes, "flag.create"),
    changed: keysOf(changes, "flag.change"),
    published: keysOf(changes, "ruleset.publish"),
    killed: keysOf(changes, "kill_switch.engage"),
    released: keysOf(changes, "kill_switch.release"),
    drafted: keysOf(changes, "draft.save"),
    unchanged: unchanged.flags
  },
  head
})

const keysOf = (changes: ReadonlyArray<Change>, action: Action): ReadonlyArray<string> =>
  changes.filter((change) => change.action === action).map(({ key }) => key)
