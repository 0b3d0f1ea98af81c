/**
 * Whether this code can work with a schema of another version than its own: not with an older one, which lacks what it
 * needs, and with a newer one if all migrations that it does not know say so.
 */
import { latest } from "./migrations.ts"

/** What the table of migrations says as a whole. Migrations from before there was a word on it speak for themselves. */
export const columns =
  "max(version) as version, max(coalesce(readable_by, version)) as readable_by, max(coalesce(writable_by, version)) as writable_by"

export interface VersionRow {
  readonly version: number | null
  readonly readable_by: number | null
  readonly writable_by: number | null
}

export const isReadable = ({ readable_by, version }: VersionRow): boolean => isCovered(version, readable_by)

export const isWritable = ({ version, writable_by }: VersionRow): boolean => isCovered(version, writable_by)

const isCovered = (version: number | null, oldest: number | null): boolean =>
  version !== null && oldest !== null && version >= latest && oldest <= latest
