/**
 * The Postgres stores: every module as a namespace.
 *
 * @since 0.1.0
 */
export * as DirectoryLock from "./DirectoryLock.ts"
export * as Embedded from "./Embedded.ts"
export * as EmbeddedPostgresError from "./EmbeddedPostgresError.ts"
export * as Postgres from "./Postgres.ts"
export * as SchemaTooNew from "./SchemaTooNew.ts"
