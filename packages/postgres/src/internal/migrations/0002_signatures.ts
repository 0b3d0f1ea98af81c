import type { Migration } from "./Migration.ts"

/**
 * Signatures of heads, the hashes of sets that publishers sign, and for every migration which code can go on without
 * knowing it.
 */
export const signatures: Migration = (sql, schema) => [
  sql`alter table ${schema}.snapshot_heads add column signature text, add column set_hash text`,

  sql`alter table ${schema}.migrations add column readable_by integer, add column writable_by integer`
]
