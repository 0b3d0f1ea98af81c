/**
 * What a node does not believe. A snapshot is taken whole or refused whole; when it is refused, what is served stays.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * - `malformed`: the head does not decode.
 * - `wrong_environment`: it is of another environment than was asked for.
 * - `unknown_schema_version`: it is in a format that this code does not know.
 * - `older_version`: it is older, in the same epoch, than what is held.
 * - `empty_replacement`: it is of another epoch and has no entries, while what is held has some. A database that was
 *   restored has entries; one that was set up anew and never published to must not switch everything off.
 * - `missing_entries`: only changes came where everything was needed.
 * - `hash_mismatch`, `invalid_entry`: an entry's content is not what its hash says, or cannot be decoded.
 * - `count_mismatch`, `digest_mismatch`: the entries do not add up to what the head says.
 * - `signature`: it is not signed with a key that this node was given, or is not what was signed.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Reason = Schema.Literals([
  "malformed",
  "wrong_environment",
  "unknown_schema_version",
  "older_version",
  "empty_replacement",
  "missing_entries",
  "hash_mismatch",
  "invalid_entry",
  "count_mismatch",
  "digest_mismatch",
  "signature"
])

/**
 * @category models
 * @since 0.1.0
 */
export type Reason = typeof Reason.Type

/**
 * A snapshot was refused. `detail` says it in words, without any value of a flag.
 *
 * @category errors
 * @since 0.1.0
 */
export class SnapshotRefused extends Schema.TaggedError<SnapshotRefused>()("SnapshotRefused", {
  environment: Schema.String,
  reason: Reason,
  detail: Schema.String
}) {
  override get message(): string {
    return `Snapshot of ${this.environment} refused: ${this.detail} (${this.reason})`
  }
}
