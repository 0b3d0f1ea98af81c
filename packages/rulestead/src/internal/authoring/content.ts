/**
 * The entries that snapshots hold, made from authored documents.
 */
import type * as Effect from "effect/Effect"
import type { FlagState } from "../../FlagState.ts"
import type { InvalidInput } from "../../InvalidInput.ts"
import type { Rule } from "../../Rule.ts"
import type { Ruleset } from "../../Ruleset.ts"
import * as Snapshot from "../../Snapshot.ts"
import type { StoredAudience, StoredFlag } from "../../Store.ts"
import type { Value } from "../../Value.ts"
import { canonicalJson } from "../canonicalJson.ts"
import { refuseFor } from "./refusal.ts"

/** What an entry shall be; without content, it shall not be there. */
export interface Wanted {
  readonly kind: Snapshot.Kind
  readonly key: string
  readonly content: string | null
}

/** A flag that serves by its rules. */
export const flag = (flag: StoredFlag, rulesetVersion: number, { hashVersion, rules, salt }: Ruleset): Wanted =>
  flagEntry({
    ...fixed(flag),
    rulesetVersion,
    ...(salt === undefined ? {} : { salt }),
    hashVersion,
    rules: rules.map(withoutDescription)
  })

/** A flag that serves one value to everybody, whatever its rules. */
export const killedFlag = (flag: StoredFlag, rulesetVersion: number, value: Value): Wanted =>
  flagEntry({ ...fixed(flag), rulesetVersion, hashVersion: 1, rules: [], killSwitch: { value } })

/** A flag in the state that it is in: killed, or serving by its rules. */
export const state = (of: StoredFlag, { killSwitch, rulesetVersion }: FlagState, ruleset: Ruleset): Wanted =>
  killSwitch === null ? flag(of, rulesetVersion, ruleset) : killedFlag(of, rulesetVersion, killSwitch.value)

export const audience = ({ definition, key }: Pick<StoredAudience, "definition" | "key">): Wanted => {
  const entry: Snapshot.AudienceEntry = { key, definition }
  return { kind: "audience", key, content: canonicalJson(entry) }
}

export const nothing = (kind: Snapshot.Kind, key: string): Wanted => ({ kind, key, content: null })

const flagEntry = (entry: Snapshot.FlagEntry): Wanted => ({
  kind: "flag",
  key: entry.key,
  content: canonicalJson(entry)
})

const fixed = ({ defaultValue, key, valueType }: StoredFlag) => ({ defaultValue, key, valueType })

const withoutDescription = ({ description: _, ...rule }: Rule): Rule => rule

/** Refuses content that is too large for an entry, naming the field of the input that makes it so. */
export const refuseOversize = (
  { content }: Wanted,
  subject: string,
  input: unknown,
  field: string
): Effect.Effect<void, InvalidInput> => {
  const allowed = `at most ${Snapshot.maxContentBytes} bytes as JSON text, together with the rest of the entry`
  const isOversize = content !== null && Buffer.byteLength(content) > Snapshot.maxContentBytes
  return refuseFor(isOversize ? [{ path: [field], rule: "size", allowed }] : [], subject, input)
}
