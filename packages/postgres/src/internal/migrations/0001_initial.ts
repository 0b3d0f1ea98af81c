import type { Migration } from "./Migration.ts"

/**
 * Documents are `json`, not `jsonb`: their text stays what it was, so that every string survives, NUL and lone surrogates
 * included. Keys are compared by their bytes, wherever the database is.
 */
export const initial: Migration = (sql, schema) => [
  sql`create table ${schema}.environments (
    key text collate "C" primary key,
    revision integer not null check (revision > 0),
    document json not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,

  sql`create table ${schema}.audiences (
    key text collate "C" primary key,
    revision integer not null check (revision > 0),
    document json not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,

  sql`create table ${schema}.flags (
    key text collate "C" primary key,
    revision integer not null check (revision > 0),
    document json not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    archived_at timestamptz
  )`,

  sql`create table ${schema}.flag_states (
    flag text collate "C" not null references ${schema}.flags,
    environment text collate "C" not null references ${schema}.environments,
    revision integer not null check (revision > 0),
    draft json,
    ruleset_version integer not null check (ruleset_version >= 0),
    published_at timestamptz,
    kill_switch json,
    primary key (flag, environment),
    check ((ruleset_version = 0) = (published_at is null))
  )`,

  sql`create table ${schema}.rulesets (
    flag text collate "C" not null,
    environment text collate "C" not null,
    version integer not null check (version > 0),
    ruleset json not null,
    published_at timestamptz not null,
    primary key (flag, environment, version),
    foreign key (flag, environment) references ${schema}.flag_states
  )`,

  sql`create table ${schema}.audience_uses (
    flag text collate "C" not null,
    environment text collate "C" not null,
    audience text collate "C" not null references ${schema}.audiences,
    primary key (flag, environment, audience),
    foreign key (flag, environment) references ${schema}.flag_states
  )`,
  sql`create index audience_uses_by_audience on ${schema}.audience_uses (audience, environment)`,

  sql`create table ${schema}.snapshot_heads (
    environment text collate "C" primary key references ${schema}.environments,
    incarnation uuid not null default gen_random_uuid(),
    schema_version integer not null,
    version bigint not null check (version >= 0),
    floor bigint not null default 0 check (floor between 0 and version),
    digest text not null,
    entries integer not null check (entries >= 0),
    published_at timestamptz not null
  )`,

  sql`create table ${schema}.snapshots (
    environment text collate "C" not null references ${schema}.snapshot_heads,
    version bigint not null check (version > 0),
    schema_version integer not null,
    digest text not null,
    entries integer not null check (entries >= 0),
    published_at timestamptz not null,
    primary key (environment, version)
  )`,

  sql`create table ${schema}.snapshot_entries (
    environment text collate "C" not null references ${schema}.snapshot_heads,
    kind text collate "C" not null check (kind in ('flag', 'audience')),
    key text collate "C" not null,
    version bigint not null check (version > 0),
    hash text not null,
    content text,
    primary key (environment, kind, key, version),
    check ((content is null) = (hash = ''))
  )`,
  sql`create index snapshot_entries_by_version on ${schema}.snapshot_entries (environment, version, kind, key)`,

  sql`create table ${schema}.audit_events (
    id bigint generated always as identity primary key,
    action text not null,
    key text collate "C" not null,
    environment text collate "C",
    at timestamptz not null,
    document json not null
  )`,
  sql`create index audit_events_by_key on ${schema}.audit_events (key, id)`,
  sql`create index audit_events_by_environment on ${schema}.audit_events (environment, id)`,

  sql`create function ${schema}.refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception '% on %.% is refused: its rows are never changed or removed', tg_op, tg_table_schema, tg_table_name
        using errcode = 'restrict_violation';
    end
  $$`,
  ...["rulesets", "audit_events"].map((table) =>
    sql`create trigger immutable before update or delete on ${schema}.${sql(table)}
      for each row execute function ${schema}.refuse_change()`
  ),
  ...["snapshots", "snapshot_entries"].map((table) =>
    sql`create trigger immutable before update on ${schema}.${sql(table)}
      for each row execute function ${schema}.refuse_change()`
  ),
  ...["rulesets", "audit_events", "snapshots", "snapshot_entries"].map((table) =>
    sql`create trigger kept before truncate on ${schema}.${sql(table)}
      for each statement execute function ${schema}.refuse_change()`
  ),

  sql`create function ${schema}.forget_snapshot() returns trigger language plpgsql as $$
    begin
      if current_setting('rulestead.retention', true) = 'on' and old.version < (
        select floor from ${schema}.snapshot_heads where environment = old.environment
      ) then
        return old;
      end if;
      raise exception 'Snapshot % of % is kept: only retention removes what it no longer covers',
        old.version, old.environment using errcode = 'restrict_violation';
    end
  $$`,
  sql`create trigger kept_until_retention before delete on ${schema}.snapshots
    for each row execute function ${schema}.forget_snapshot()`,

  sql`create function ${schema}.forget_entry() returns trigger language plpgsql as $$
    declare
      lowest bigint := (select floor from ${schema}.snapshot_heads where environment = old.environment);
    begin
      if current_setting('rulestead.retention', true) = 'on' and old.version <= lowest and (
        exists (
          select from ${schema}.snapshot_entries
          where environment = old.environment and kind = old.kind and key = old.key
            and version > old.version and version <= lowest
        )
        or old.content is null and not exists (
          select from ${schema}.snapshot_entries
          where environment = old.environment and kind = old.kind and key = old.key and version < old.version
        )
      ) then
        return old;
      end if;
      raise exception 'Version % of % % in % is kept: only retention removes what newer versions replaced',
        old.version, old.kind, old.key, old.environment using errcode = 'restrict_violation';
    end
  $$`,
  sql`create trigger kept_until_retention before delete on ${schema}.snapshot_entries
    for each row execute function ${schema}.forget_entry()`,

  // Version by version from the oldest: first what the next version replaced, then its removals, which must outlive
  // what they removed, then the version itself. What exceeds the budget waits for the next call.
  sql`create function ${schema}.apply_retention(place text, lowest bigint, budget integer) returns void
    language plpgsql as $$
    declare
      oldest bigint;
      removed integer;
    begin
      perform set_config('rulestead.retention', 'on', true);
      while budget > 0 loop
        select min(version) into oldest from ${schema}.snapshots where environment = place;
        exit when oldest is null or oldest >= lowest;

        delete from ${schema}.snapshot_entries where ctid = any (array(
          select replaced.ctid
          from ${schema}.snapshot_entries replacing
          join ${schema}.snapshot_entries replaced
            on replaced.environment = replacing.environment and replaced.kind = replacing.kind
              and replaced.key = replacing.key and replaced.version < replacing.version
          where replacing.environment = place and replacing.version = oldest + 1
          limit budget
        ));
        get diagnostics removed = row_count;
        budget := budget - removed;
        exit when budget <= 0;

        delete from ${schema}.snapshot_entries where ctid = any (array(
          select ctid from ${schema}.snapshot_entries
          where environment = place and version = oldest + 1 and content is null
          limit budget
        ));
        get diagnostics removed = row_count;
        budget := budget - removed;
        exit when budget <= 0;

        delete from ${schema}.snapshots where environment = place and version = oldest;
        budget := budget - 1;
      end loop;
      perform set_config('rulestead.retention', 'off', true);
    end
  $$`,

  // A database that was dumped and restored, recovered to a point in time, or promoted, has another epoch than the one it
  // came from, although it has the same rows. The definer's rights make the answer the same for every role.
  sql`create function ${schema}.epoch(incarnation uuid) returns text
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
    declare
      cluster text := '';
    begin
      if has_function_privilege('pg_control_system()', 'execute')
        and has_function_privilege('pg_control_checkpoint()', 'execute')
      then
        cluster := concat_ws(
          '/',
          (select system_identifier from pg_control_system()),
          (select timeline_id from pg_control_checkpoint())
        );
      end if;
      return left(
        encode(
          sha256(convert_to(concat_ws('/', incarnation, cluster, '${schema}.snapshot_heads'::regclass::oid), 'UTF8')),
          'hex'
        ),
        32
      );
    end
  $$`
]
