import type { Head } from "rulestead/Snapshot"

/** What the table of heads has of a {@link Head}: all but the epoch. */
export const columns = "environment, schema_version, version, digest, entries, published_at, signature"

export interface HeadRow {
  readonly schema_version: number
  readonly environment: string
  readonly epoch: string
  readonly version: bigint
  readonly digest: string
  readonly entries: number
  readonly published_at: Date
  readonly signature: string | null
}

export const fromRow = (row: HeadRow): Head => ({
  schemaVersion: row.schema_version,
  environment: row.environment,
  epoch: row.epoch,
  version: Number(row.version),
  digest: row.digest,
  entries: row.entries,
  publishedAt: row.published_at.getTime(),
  ...(row.signature === null ? {} : { signature: row.signature })
})
