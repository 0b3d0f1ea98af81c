/**
 * Which answers of a feed are believed, judged by their head alone.
 */
import * as Schema from "effect/Schema"
import { Head, schemaVersion } from "../Snapshot.ts"
import type { Changes } from "../SnapshotFeed.ts"
import type { Reason } from "../SnapshotRefused.ts"
import { type Refusal, refusal } from "./entries.ts"

/** `same`: it is what is held. `delta`, `complete`: it is to be installed. */
export type Verdict = "same" | "delta" | "complete" | Refusal

const isHead = Schema.is(Head)

export const judge = (environment: string, held: Head | undefined, { complete, head }: Changes): Verdict => {
  if (!isHead(head)) return refusal("malformed", "the head does not decode")
  if (head.environment !== environment) {
    return refusal("wrong_environment", `it is of the environment ${head.environment}`)
  }
  if (head.schemaVersion !== schemaVersion) {
    return refusal("unknown_schema_version", `it is of format ${head.schemaVersion}; known is ${schemaVersion}`)
  }
  if (held !== undefined && held.epoch === head.epoch) {
    if (head.version < held.version) {
      return refusal("older_version", `it is version ${head.version}; version ${held.version} is held`)
    }
    if (head.version === held.version) return judgeEqual(held, head, complete)
    return complete ? "complete" : "delta"
  }
  if (!complete) return refusal("missing_entries", "it has only changes of a snapshot that is not held")
  if (held !== undefined && held.entries > 0 && head.entries === 0) {
    return refusal("empty_replacement", `it has nothing in it, and is to replace ${held.entries} entries`)
  }
  return "complete"
}

const judgeEqual = (held: Head, head: Head, complete: boolean): Verdict => {
  if (head.digest === held.digest) return "same"
  return complete ? "complete" : refusal("digest_mismatch", `its version ${head.version} is not the one that is held`)
}

/** Whether everything, fetched anew, may be believed where changes were not. */
export const isRepairable = (reason: Reason): boolean => {
  switch (reason) {
    case "malformed":
    case "wrong_environment":
    case "unknown_schema_version":
    case "older_version":
    case "empty_replacement":
      return false
    case "missing_entries":
    case "hash_mismatch":
    case "invalid_entry":
    case "count_mismatch":
    case "digest_mismatch":
    case "signature":
      return true
  }
}
