import type { Migration } from "./Migration.ts"

/**
 * Archived audiences, the audiences that drafts refer to, and what audit events are looked up by.
 *
 * `actor` and `correlation_id` are JSON texts, because any character may be in them. What was written before is told from
 * the documents, except where one of them has a character that Postgres cannot read out of JSON.
 */
export const authoring: Migration = (sql, schema) => [
  sql`alter table ${schema}.audiences add column archived_at timestamptz`,

  sql`alter table ${schema}.audience_uses
    add column draft boolean not null default false,
    drop constraint audience_uses_pkey,
    add primary key (flag, environment, audience, draft)`,
  sql`do $$
    declare
      state record;
    begin
      for state in select flag, environment, draft from ${schema}.flag_states where draft is not null loop
        begin
          insert into ${schema}.audience_uses (flag, environment, audience, draft)
          select distinct state.flag, state.environment, rule ->> 'audience', true
          from json_array_elements(state.draft -> 'rules') as rule
          where rule ->> 'strategy' = 'segment_match';
        exception when untranslatable_character or invalid_text_representation then
          null;
        end;
      end loop;
    end
  $$`,

  sql`alter table ${schema}.audit_events
    alter column key drop not null,
    add column result text not null default 'ok' check (result in ('ok', 'denied')),
    add column actor text collate "C",
    add column correlation_id text collate "C"`,
  sql`alter table ${schema}.audit_events alter column result drop default`,
  sql`alter table ${schema}.audit_events disable trigger immutable`,
  sql`do $$
    declare
      event record;
    begin
      for event in select id, document from ${schema}.audit_events loop
        begin
          update ${schema}.audit_events set
            actor = left((event.document #> '{actor,id}')::text, 1600),
            correlation_id = nullif((event.document -> 'correlationId')::text, 'null')
          where id = event.id;
        exception when untranslatable_character or invalid_text_representation then
          null;
        end;
      end loop;
    end
  $$`,
  sql`alter table ${schema}.audit_events enable trigger immutable`,
  ...["actor", "action", "correlation_id", "at"].map((column) =>
    sql`create index ${sql(`audit_events_by_${column}`)} on ${schema}.audit_events (${sql(column)}, id)`
  )
]
