/**
 * What a manifest says after changes were made to it.
 */
import type { Audience } from "../../Audience.ts"
import type { Change } from "../../Change.ts"
import type { FlagContent, Manifest } from "../../Manifest.ts"
import { byKey } from "../byKey.ts"
import { isSame } from "../canonicalJson.ts"

export const preview = (changes: ReadonlyArray<Change>, { audiences, flags, schemaVersion }: Manifest): Manifest => {
  const content: Content = {
    audiences: new Map(audiences.map((audience) => [audience.key, audience])),
    flags: new Map(flags.map((flag) => [flag.key, flag]))
  }
  for (const change of changes) make(content, change)
  return {
    schemaVersion,
    audiences: [...content.audiences.values()].sort(byKey),
    flags: [...content.flags.values()].sort(byKey)
  }
}

interface Content {
  readonly audiences: Map<string, Audience>
  readonly flags: Map<string, FlagContent>
}

const make = ({ audiences, flags }: Content, change: Change): void => {
  const { action, key } = change
  switch (action) {
    case "environment.create":
      return
    case "audience.create":
    case "audience.change":
      audiences.set(key, change.after)
      return
    case "audience.remove":
      audiences.delete(key)
      return
    case "flag.remove":
      flags.delete(key)
      return
    case "flag.create":
      flags.set(key, change.after)
      return
    default: {
      const flag = flags.get(key)
      if (flag !== undefined) flags.set(key, changed(flag, change))
    }
  }
}

type FlagChange = Exclude<
  Change,
  { readonly action: `environment.${string}` | `audience.${string}` | "flag.create" | "flag.remove" }
>

const changed = (flag: FlagContent, change: FlagChange): FlagContent => {
  const { draft, ...withoutDraft } = flag
  const { killSwitch: _k, ...withoutKillSwitch } = flag
  const { ruleset: _r, ...withoutRuleset } = flag
  switch (change.action) {
    case "flag.change":
      return { ...flag, ...change.after }
    case "ruleset.publish":
      return { ...(isSame(draft, change.after) ? withoutDraft : flag), ruleset: change.after }
    case "ruleset.remove":
      return withoutRuleset
    case "kill_switch.engage":
      return { ...flag, killSwitch: change.after }
    case "kill_switch.release":
      return withoutKillSwitch
    case "draft.save":
      return { ...flag, draft: change.after }
    case "draft.remove":
      return withoutDraft
  }
}
