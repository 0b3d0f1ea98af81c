import type { Migration } from "./Migration.ts"

/** What nodes served, and where code refers to flags: evidence that may be lost, so that nothing else depends on it. */
export const usage: Migration = (sql, schema) => [
  sql`create table ${schema}.usage (
    environment text collate "C" not null references ${schema}.environments,
    flag text collate "C" not null references ${schema}.flags,
    reason text collate "C" not null,
    variant text collate "C" not null,
    served_at timestamptz not null,
    primary key (environment, flag, reason, variant)
  )`,

  sql`create table ${schema}.usage_observations (
    environment text collate "C" primary key references ${schema}.environments,
    since timestamptz not null,
    last timestamptz not null
  )`,

  sql`create table ${schema}.code_scans (
    source text collate "C" primary key,
    at timestamptz not null,
    entries integer not null check (entries >= 0)
  )`,

  sql`create table ${schema}.code_references (
    source text collate "C" not null references ${schema}.code_scans on delete cascade,
    flag text collate "C" not null,
    file text collate "C" not null,
    line integer not null check (line > 0),
    kind text not null
  )`,
  sql`create index code_references_by_flag on ${schema}.code_references (flag, source, file, line)`,
  sql`create index code_references_by_source on ${schema}.code_references (source)`
]
