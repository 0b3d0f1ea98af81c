/** Why a command did not do what it was asked for: what, where, what to do next, and the exit code. */
import type { DirectoryLocked, DirectoryUnusable } from "@rulestead/postgres/DirectoryLock"
import type { EmbeddedPostgresError } from "@rulestead/postgres/EmbeddedPostgresError"
import type { SchemaTooNew } from "@rulestead/postgres/SchemaTooNew"
import type { ConfigError } from "effect/Config"
import * as Data from "effect/Data"
import type { PlatformError } from "effect/PlatformError"
import type { InvalidInput } from "rulestead/InvalidInput"
import type { FlagNotFound, MissingIdentity, NotFresh, NotReady, NotRefreshed } from "rulestead/RulesteadError"
import type { BackupError } from "rulestead/SnapshotBackup"
import type { FeedError } from "rulestead/SnapshotFeed"
import type { Stale } from "rulestead/Stale"
import type {
  AlreadyExists,
  AudienceArchived,
  AudienceInUse,
  Conflict,
  Denied,
  FlagArchived,
  NotFound,
  StalePreview,
  StoreUnavailable
} from "rulestead/StoreError"
import { meant, some } from "./spelling.ts"

/**
 * - `changes` (2): nothing is wrong, and something would change or differs.
 * - `refused` (3): blocked, stale, invalid, or against a policy: trying the same again will not help.
 * - `failed` (1): anything else.
 */
export const exitCodes = { changes: 2, refused: 3, failed: 1 } as const

/** `code` is a stable name for programs; `next` says what to do about it. */
export class Failure extends Data.TaggedError("Failure")<{
  readonly code: string
  readonly exit: keyof typeof exitCodes
  readonly message: string
  readonly next?: string | undefined
}> {}

/** Everything was printed, and it says that there are changes. */
export class Changes extends Data.TaggedError("Changes") {}

export type Known =
  | Failure
  | AlreadyExists
  | AudienceArchived
  | AudienceInUse
  | BackupError
  | ConfigError
  | Conflict
  | Denied
  | DirectoryLocked
  | DirectoryUnusable
  | EmbeddedPostgresError
  | FeedError
  | FlagArchived
  | FlagNotFound
  | InvalidInput
  | MissingIdentity
  | NotFound
  | NotFresh
  | NotReady
  | NotRefreshed
  | PlatformError
  | SchemaTooNew
  | Stale
  | StalePreview
  | StoreUnavailable

/** `nearby` are the keys there are of what was not found, nearest first, as far as they are known. */
export const from = (error: Known, nearby: ReadonlyArray<string> = []): Failure => {
  switch (error._tag) {
    case "Failure":
      return error
    case "InvalidInput":
      return new Failure({
        code: "invalid",
        exit: "refused",
        message: error.message,
        next: "Nothing was changed. Correct what is listed, and try again."
      })
    case "Conflict":
      return new Failure({
        code: "conflict",
        exit: "refused",
        message: error.message,
        next: "Somebody else changed it meanwhile. Look at it again, then repeat the command."
      })
    case "FlagArchived":
      return new Failure({
        code: "flag_archived",
        exit: "refused",
        message: error.message,
        next: `To use it again: rulestead flag unarchive ${error.flag}`
      })
    case "AudienceArchived":
      return new Failure({
        code: "audience_archived",
        exit: "refused",
        message: error.message,
        next: `To use it again: rulestead audience unarchive ${error.audience}`
      })
    case "AudienceInUse":
      return new Failure({
        code: "audience_in_use",
        exit: "refused",
        message: error.message,
        next: "Take it out of these rules first."
      })
    case "StalePreview":
      return new Failure({
        code: "stale",
        exit: "refused",
        message: error.message,
        next: `Look again: rulestead audience impact ${error.audience}`
      })
    case "Stale":
      return new Failure({
        code: "stale",
        exit: "refused",
        message: error.message,
        next: "Nothing was changed. Make the plan again, look at it, and apply that one."
      })
    case "Denied":
      return new Failure({
        code: "denied",
        exit: "refused",
        message: error.message,
        next: "Ask somebody who may. The attempt is in the audit."
      })
    case "NotFound":
      return new Failure({
        code: "not_found",
        exit: "failed",
        message: error.message,
        next: whereToLook(error, nearby)
      })
    case "AlreadyExists":
      return new Failure({
        code: "already_exists",
        exit: "failed",
        message: error.message,
        next: `Keys are never used again. To look at it: rulestead ${commandOf(error)} show ${error.key}`
      })
    case "StoreUnavailable":
    case "FeedError":
    case "NotFresh":
    case "NotRefreshed":
      return unavailable(error)
    case "SchemaTooNew":
      return new Failure({
        code: "schema_too_new",
        exit: "refused",
        message: error.message,
        next: "Use a newer version of this command."
      })
    case "DirectoryLocked":
      return new Failure({
        code: "locked",
        exit: "refused",
        message: `The embedded store ${error.message}`,
        next:
          "An embedded store is for one process at a time. Go through that one: `rulestead dev` applies the manifest"
          + " that it follows when it is saved, and an application can apply one. Or end it and try again. Or keep the"
          + " flags on a Postgres server, which many processes can use: --url or DATABASE_URL."
      })
    case "DirectoryUnusable":
    case "EmbeddedPostgresError":
      return new Failure({ code: "store_unusable", exit: "failed", message: error.message })
    case "FlagNotFound":
      return new Failure({
        code: "not_live",
        exit: "failed",
        message: `${error.message} that is live`,
        next: nearby.length === 0 || nearby.includes(error.flag)
          ? `If there is such a flag, publish its draft: rulestead publish ${error.flag} --env ${error.environment}. If it has`
            + ` none, ${toServeDefault(flagOf(`${error.flag} in ${error.environment}`))}`
          : whereToLook({ resource: "flag", key: error.flag }, nearby)
      })
    case "MissingIdentity":
      return new Failure({
        code: "missing_identity",
        exit: "failed",
        message: error.message,
        next: `Name one: ${identityFlags[error.bucketBy]}`
      })
    case "NotReady":
      return new Failure({
        code: "not_ready",
        exit: "failed",
        message: error.message,
        next: "To see what is wrong with the store: rulestead status"
      })
    case "BackupError":
      return new Failure({ code: "backup", exit: "failed", message: error.message })
    case "ConfigError":
      return new Failure({ code: "configuration", exit: "failed", message: error.message })
    case "PlatformError":
      return new Failure({ code: "system", exit: "failed", message: systemMessage(error) })
  }
}

/** What happened to which file, without the names of functions. */
const systemMessage = ({ message, reason }: PlatformError): string => {
  if (reason._tag === "BadArgument" || reason.pathOrDescriptor === undefined) return message
  return `${reason.pathOrDescriptor}: ${systemReasons[reason._tag] ?? reason.description ?? reason._tag}`
}

const systemReasons: Partial<Record<PlatformError["reason"]["_tag"], string>> = {
  AlreadyExists: "it is there already",
  BadResource: "it is not of the right kind",
  NotFound: "there is no such file or folder",
  PermissionDenied: "this user may not"
}

const commandOf = ({ resource }: AlreadyExists): string => resource === "environment" ? "env" : resource

const whereToLook = ({ key, resource }: Pick<NotFound, "key" | "resource">, nearby: ReadonlyArray<string>): string => {
  switch (resource) {
    case "environment":
      return nearby.length === 0 ? "To see which there are: rulestead env list" : those(key, nearby)
    case "audience":
      return `${guess(key, nearby)}To see which there are: rulestead audience list`
    case "flag":
      return `${guess(key, nearby)}To see which there are: rulestead flag list`
    case "draft":
      return `There is nothing to publish. To see what is live: rulestead rule list ${flagOf(key)}. If nothing is,`
        + ` ${toServeDefault(flagOf(key))}`
    case "ruleset":
      return `To see what was published: rulestead history ${flagOf(key)}`
    case "rule":
      return `To see which there are: rulestead rule list ${flagOf(key.replace(/^.* of /s, ""))}`
  }
}

/** What may have been meant instead of `key`, if anything. */
const guess = (key: string, nearby: ReadonlyArray<string>): string => {
  const candidates = meant(key, nearby).slice(0, 3)
  return candidates.length === 0 ? "" : `Did you mean ${candidates.join(" or ")}? `
}

/** What there is instead of `key`, nearest first. */
export const those = (key: string, nearby: ReadonlyArray<string>): string =>
  nearby.length === 0 ? "There are none yet." : `${guess(key, nearby)}There are: ${some(nearby)}.`

const flagOf = (key: string): string => key.replace(/ in /, " --env ")

/** The one thing to publish that every flag has. */
const toServeDefault = (flag: string): string =>
  `to serve its default: echo 'rules: []' | rulestead rule save ${flag} --publish -`

const identityFlags = {
  subject: "--key USER",
  account: "--account ACCOUNT",
  tenant: "--tenant TENANT",
  session: "--session SESSION"
}

/** `reason` is one of those that stores and feeds give. */
const unavailable = ({ message, reason }: { readonly message: string; readonly reason: string }): Failure => {
  switch (reason) {
    case "unreachable":
    case "timeout":
      return new Failure({
        code: "store_unreachable",
        exit: "failed",
        message,
        next: "Is the server running, and are --url or DATABASE_URL right? Nodes that are running go on deciding."
      })
    case "denied":
      return new Failure({
        code: "store_denied",
        exit: "failed",
        message,
        next: "Check the user and the password in --url or DATABASE_URL, and what that user may do."
      })
    case "incompatible":
      return new Failure({
        code: "store_incompatible",
        exit: "refused",
        message,
        next:
          "To create the tables, or to bring them up to date: rulestead migrate. If they are newer: update the command."
      })
    case "signature":
      return new Failure({
        code: "signature",
        exit: "refused",
        message,
        next: "The snapshot is signed, and this command has another key or none: set RULESTEAD_SIGNING_KEY."
      })
    case "environment_not_found":
      return new Failure({
        code: "not_found",
        exit: "failed",
        message,
        next: "To see which there are: rulestead env list"
      })
    default:
      return new Failure({ code: "store_failed", exit: "failed", message })
  }
}
