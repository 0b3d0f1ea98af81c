import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { latest } from "./migrations.ts"

/** Why the database did not do what it was asked, as store and feed report it. */
export interface Failure {
  readonly reason: "unreachable" | "denied" | "incompatible" | "timeout" | "failed"
  /** In our own words: what Postgres says may quote values. */
  readonly detail: string
}

const details: Record<Failure["reason"], string> = {
  unreachable: "no connection to the database",
  denied: "the database refuses access",
  incompatible: "the database does not have the tables that this code expects",
  timeout: "the database took too long",
  failed: "the database answered with an error"
}

export const from = (error: SqlError | Schema.SchemaError): Failure => {
  if (!isSqlError(error)) return unreadable
  const code = codeOf(error)
  const reason = reasonOf(error, code)
  const detail = code === noDatabase ? "there is no such database" : details[reason]
  const why = code ?? wordsOf(error)
  return { reason, detail: why === undefined ? detail : `${detail} (${why})` }
}

const noDatabase = "3D000"

const unreadable: Failure = { reason: "failed", detail: "what the database holds is not readable by this code" }

export const wrongVersion = (found: number): Failure => ({
  reason: "incompatible",
  detail: `the schema is at version ${found}, and this code works with version ${latest}${
    found > latest ? "; newer code is needed" : ""
  }`
})

export const tooLong = (limit: Duration.Input): Failure => ({
  reason: "timeout",
  detail: `no answer within ${Duration.format(Duration.fromInputUnsafe(limit))}`
})

/** An SQLSTATE, or the system's name for what happened to the connection. */
const codeOf = (error: SqlError): string | undefined => {
  const cause = error.reason.cause
  return Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : undefined
}

/** What the driver says of a connection that it did not get. These are its own words: those of the server have a code. */
const wordsOf = ({ reason }: SqlError): string | undefined =>
  reason._tag === "ConnectionError" || reason._tag === "AuthenticationError"
    ? reason.message?.replace(/^PgConnection: /, "")
    : undefined

const reasonOf = (error: SqlError, code: string | undefined): Failure["reason"] => {
  if (code !== undefined) {
    const known = states.get(code)
    if (known !== undefined) return known
  }
  switch (error.reason._tag) {
    case "ConnectionError":
      return "unreachable"
    case "AuthenticationError":
    case "AuthorizationError":
      return "denied"
    case "LockTimeoutError":
    case "StatementTimeoutError":
      return "timeout"
    default:
      return "failed"
  }
}

/** SQLSTATEs that say more than the driver's classes of errors. */
const states = new Map<string, Failure["reason"]>([
  ["53300", "unreachable"], // too many connections
  ["57P01", "unreachable"], // the server shuts down, or the connection was terminated
  ["57P02", "unreachable"], // the server crashed
  ["57P03", "unreachable"], // the server starts up or shuts down
  ["57P05", "unreachable"], // the connection was idle for too long
  ["25006", "denied"], // only to be read, as a standby
  ["25P03", "timeout"], // the transaction was idle for too long
  [noDatabase, "unreachable"],
  ["3F000", "incompatible"], // no such schema
  ["42P01", "incompatible"], // no such table
  ["42703", "incompatible"], // no such column
  ["42883", "incompatible"] // no such function
])
