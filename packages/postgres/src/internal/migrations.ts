import { initial } from "./migrations/0001_initial.ts"
import { signatures } from "./migrations/0002_signatures.ts"
import { authoring } from "./migrations/0003_authoring.ts"
import { usage } from "./migrations/0004_usage.ts"
import type { Migration } from "./migrations/Migration.ts"

/**
 * A migration, and the oldest code that need not know it: by the number of migrations that the code does know.
 *
 * - `readableBy`: nodes, which read `migrations`, `snapshot_heads` and `snapshot_entries`, and call `epoch`.
 * - `writableBy`: stores and publishers, which read and write everything.
 *
 * A migration that only adds what older code never misses says the version before it, or an older one; one that changes
 * the meaning of what is there says its own. A column that has to be kept right by whoever writes is such a change.
 */
export interface Step {
  readonly migration: Migration
  readonly readableBy: number
  readonly writableBy: number
}

/** Their place in this list, from 1, is the schema's version after them. What was released never changes. */
export const migrations: ReadonlyArray<Step> = [
  { migration: initial, readableBy: 1, writableBy: 1 },
  { migration: signatures, readableBy: 2, writableBy: 2 },
  { migration: authoring, readableBy: 2, writableBy: 3 },
  { migration: usage, readableBy: 2, writableBy: 3 }
]

/** The version of the schema that this code works with. */
export const latest = migrations.length
