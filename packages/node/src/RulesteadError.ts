/**
 * What a client throws and rejects with. Every error is a class, has a `_tag` that is its name, and says in its fields
 * what it is about; none holds a secret or a fact of a context.
 *
 * @since 0.1.0
 */
export {
  /**
   * @category starting
   * @since 0.1.0
   */
  DirectoryLocked,
  /**
   * @category starting
   * @since 0.1.0
   */
  DirectoryUnusable
} from "@rulestead/postgres/DirectoryLock"

export {
  /**
   * @category starting
   * @since 0.1.0
   */
  EmbeddedPostgresError
} from "@rulestead/postgres/EmbeddedPostgresError"

export {
  /**
   * @category starting
   * @since 0.1.0
   */
  UnsupportedNode
} from "rulestead/NodeVersion"

export {
  /**
   * @category starting
   * @since 0.1.0
   */
  SchemaTooNew
} from "@rulestead/postgres/SchemaTooNew"

export {
  /**
   * What was passed is not what is allowed: `problems` lists every mistake, and shows no values.
   *
   * @category checking
   * @since 0.1.0
   */
  InvalidInput
} from "rulestead/InvalidInput"

export {
  /**
   * @category deciding
   * @since 0.1.0
   */
  FlagNotFound,
  /**
   * @category deciding
   * @since 0.1.0
   */
  MissingIdentity,
  /**
   * @category starting
   * @since 0.1.0
   */
  NotFresh,
  /**
   * @category deciding
   * @since 0.1.0
   */
  NotReady,
  /**
   * @category refreshing
   * @since 0.1.0
   */
  NotRefreshed
} from "rulestead/RulesteadError"

export {
  /**
   * @category authoring
   * @since 0.1.0
   */
  Stale
} from "rulestead/Stale"

export {
  /**
   * @category authoring
   * @since 0.1.0
   */
  Denied,
  /**
   * @category authoring
   * @since 0.1.0
   */
  NotFound,
  /**
   * The store could not be reached, refused, or took too long: when the client migrates at its start, and when it applies
   * a manifest.
   *
   * @category authoring
   * @since 0.1.0
   */
  StoreUnavailable
} from "rulestead/StoreError"

export {
  /**
   * @category authoring
   * @since 0.1.0
   */
  ClientClosed
} from "./ClientClosed.ts"
