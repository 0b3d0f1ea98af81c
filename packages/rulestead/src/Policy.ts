/**
 * Who may do what: one service, asked by every command that writes and by the reads of what is protected.
 *
 * Without a policy everything is allowed. That is right for a program that authors its own flags, and for whoever
 * authorizes in front of Rulestead; everybody else provides one.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Actor } from "./Actor.ts"
import type { Action } from "./Audit.ts"

/**
 * An environment that an action touches.
 *
 * @category models
 * @since 0.1.0
 */
export interface Place {
  readonly key: string
  readonly protected: boolean
}

/**
 * What an action is about.
 *
 * - `kind`, `key`: the environment, audience or flag; reading the audit is about the `key` that was asked for, `null` if
 *   none was.
 * - `environments`: where the action changes something, or what it reads. A change of a flag in an environment names
 *   that one; archiving a flag, all in which it is live; redefining an audience, all in which it is in use; reading the
 *   audit, the one asked for, else all. What changes no environment, as the description of a flag, has none.
 *
 * @category models
 * @since 0.1.0
 */
export interface Resource {
  readonly kind: "environment" | "audience" | "flag" | "audit"
  readonly key: string | null
  readonly environments: ReadonlyArray<Place>
}

/**
 * What a policy answers.
 *
 * @category models
 * @since 0.1.0
 */
export type Verdict =
  | { readonly _tag: "Allowed" }
  | { readonly _tag: "Refused"; readonly reason: string | null }

/**
 * Answers whether an actor may do something.
 *
 * Whatever is not an `Allowed` in time denies: an error, a defect, an interruption, no answer within {@link timeout}.
 *
 * @category models
 * @since 0.1.0
 */
export type Can = (actor: Actor, action: Action, resource: Resource) => Effect.Effect<Verdict, Error>

/**
 * How long a policy may take: 2 seconds. A command holds locks while it waits.
 *
 * @category limits
 * @since 0.1.0
 */
export const timeout = "2 seconds"

/**
 * A policy counts where the store is built, and where a command runs; if both have one, both are asked, and both must
 * allow. So it cannot be lost by the order of layers.
 *
 * A denied attempt changes nothing, fails with `Denied`, and is in the audit with the result `denied`.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Policy from "rulestead/Policy"
 * import * as StoreMemory from "rulestead/StoreMemory"
 *
 * const policy = Policy.layer((actor, action, { environments }) =>
 *   Effect.succeed(
 *     actor.kind === "person" || environments.every((environment) => !environment.protected)
 *       ? Policy.allow
 *       : Policy.refuse("services stay out of protected environments")
 *   )
 * )
 *
 * const store = StoreMemory.layer().pipe(Layer.provide(policy))
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Policy extends Context.Service<Policy, { readonly can: Can }>()("rulestead/Policy") {}

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = (can: Can): Layer.Layer<Policy> => Layer.succeed(Policy, { can })

/**
 * @category verdicts
 * @since 0.1.0
 */
export const allow: Verdict = { _tag: "Allowed" }

/**
 * `reason` is for whoever was refused: it is the `detail` of `Denied`.
 *
 * @category verdicts
 * @since 0.1.0
 */
export const refuse = (reason?: string): Verdict => ({ _tag: "Refused", reason: reason ?? null })

/**
 * What people may do, each role what the one before may, too:
 *
 * - `viewer`: read.
 * - `editor`: create and change flags and audiences, save and discard drafts.
 * - `publisher`: publish, revert, roll out, kill and release, archive and unarchive.
 * - `admin`: create and change environments.
 *
 * @category roles
 * @since 0.1.0
 */
export type Role = "viewer" | "editor" | "publisher" | "admin"

const ranks = { viewer: 1, editor: 2, publisher: 3, admin: 4 } as const

const roleFor: { readonly [A in Action]: Role } = {
  "environment.create": "admin",
  "environment.change": "admin",
  "audience.create": "editor",
  "audience.change": "editor",
  "audience.archive": "publisher",
  "audience.unarchive": "publisher",
  "flag.create": "editor",
  "flag.change": "editor",
  "flag.archive": "publisher",
  "flag.unarchive": "publisher",
  "draft.save": "editor",
  "draft.discard": "editor",
  "ruleset.publish": "publisher",
  "ruleset.revert": "publisher",
  "rollout.set": "publisher",
  "rollout.advance": "publisher",
  "kill_switch.engage": "publisher",
  "kill_switch.release": "publisher",
  "snapshot.sign": "admin",
  "state.read": "viewer",
  "audit.read": "viewer"
}

const isRead = (action: Action): boolean => roleFor[action] === "viewer"

/**
 * Everybody may read, nobody may write.
 *
 * @category policies
 * @since 0.1.0
 */
export const readOnly: Can = (_actor, action) =>
  Effect.succeed(isRead(action) ? allow : refuse("nothing can be written here"))

/**
 * The roles of one actor by the key of the environment; `"*"` is every environment that has no entry.
 *
 * @category roles
 * @since 0.1.0
 */
export type Roles = { readonly [environment: string]: Role }

/**
 * Everybody may do what their role allows in every environment that the action touches. What takes effect in many
 * environments takes the role in all of them, and changing the definition of an audience that is live somewhere takes a
 * `publisher` there. What touches no environment takes the role in any one.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Policy from "rulestead/Policy"
 *
 * const policy = Policy.layer(Policy.byRole(({ id }) =>
 *   Effect.succeed(id === "ada" ? { "*": "admin" } : { "*": "editor", prod: "viewer" })
 * ))
 * ```
 *
 * @category policies
 * @since 0.1.0
 */
export const byRole = (rolesOf: (actor: Actor) => Effect.Effect<Roles, Error>): Can => (actor, action, resource) =>
  Effect.map(rolesOf(actor), (roles) => {
    const needed = roleNeeded(action, resource)
    const has = (role: Role | undefined) => role !== undefined && ranks[role] >= ranks[needed]
    const places = resource.environments.map(({ key }) => key)
    const lacking = places.find((place) => !has(roleIn(roles, place)))
    if (lacking !== undefined) return refuse(`${action} takes the role ${needed} in ${lacking}`)
    return places.length > 0 || Object.values(roles).some(has)
      ? allow
      : refuse(`${action} takes the role ${needed} in some environment`)
  })

const roleNeeded = (action: Action, { environments }: Resource): Role =>
  action === "audience.change" && environments.length > 0 ? "publisher" : roleFor[action]

const roleIn = (roles: Roles, environment: string): Role | undefined =>
  Object.hasOwn(roles, environment) ? roles[environment] : Object.hasOwn(roles, "*") ? roles["*"] : undefined
