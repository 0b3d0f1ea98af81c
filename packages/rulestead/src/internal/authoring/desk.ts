/**
 * Where commands are carried out: the rows that they work on, the transaction around each, and whoever is asked before.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Actor from "../../Actor.ts"
import type * as Audit from "../../Audit.ts"
import type { InvalidInput } from "../../InvalidInput.ts"
import * as Policy from "../../Policy.ts"
import * as SnapshotSigning from "../../SnapshotSigning.ts"
import type { WriteOptions } from "../../Store.ts"
import { StoreBackend } from "../../StoreBackend.ts"
import { Denied, type StoreUnavailable } from "../../StoreError.ts"
import { fieldOf } from "../document.ts"
import { Guard, Overdue } from "../guard.ts"
import { refuseFor } from "./refusal.ts"
import type { Backend } from "./rows.ts"
import * as Transactions from "./transactions.ts"

/** What is about to be done. `environment` is where, if it belongs to one. */
export interface Request extends Policy.Resource {
  readonly action: Audit.Action
  readonly environment?: string
}

export interface Desk extends Pick<Transactions.Transactions, "stage" | "settle" | "head"> {
  readonly backend: Backend
  readonly together: Transactions.Transactions["run"]
  /** As `together`, for whoever asks no further. */
  readonly transaction: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StoreUnavailable, R>
  /** Asks whether a write may be done, and holds it to giving a reason where one is required. */
  readonly admit: (
    request: Request,
    options: WriteOptions
  ) => Effect.Effect<void, InvalidInput | Denied | StoreUnavailable>
  /** Asks whether something may be read. What is about is looked up only if there is somebody to ask. */
  readonly admitRead: <E>(
    request: Effect.Effect<Request, E>
  ) => Effect.Effect<void, E | InvalidInput | Denied | StoreUnavailable>
}

/** Questions that were given up and have not ended yet; with so many, no more are asked. */
const maxAbandoned = 16

export const make = Effect.gen(function*() {
  const backend = yield* StoreBackend
  const given = yield* Effect.serviceOption(Policy.Policy)
  const signing = yield* SnapshotSigning.Current
  const guard = new Guard(maxAbandoned)
  const { deny, run, ...transactions } = Transactions.make(backend)

  const policies = Effect.map(
    Effect.serviceOption(Policy.Policy),
    (current) => new Set([...Option.toArray(given), ...Option.toArray(current)])
  )

  const record = Effect.fnUntraced(function*({ action, environment, key }: Request, options: WriteOptions) {
    yield* deny({
      action,
      result: "denied",
      key,
      environment: environment ?? null,
      actor: yield* Actor.Current,
      reason: options.reason ?? null,
      correlationId: options.correlationId ?? null,
      at: yield* Clock.currentTimeMillis,
      before: null,
      after: null
    })
  })

  const ask = Effect.fnUntraced(function*(request: Request, options: WriteOptions) {
    const asked = yield* policies
    if (asked.size === 0) return
    const { action, environment, key, kind } = request
    const resource: Policy.Resource = { kind, key, environments: request.environments.map(placeOf) }
    const actor = yield* Actor.decode(yield* Actor.Current)
    for (const { can } of asked) {
      const exit = yield* guard.run(Effect.suspend(() => can(actor, action, resource)), Policy.timeout)
      const refusal = refusalOf(exit)
      if (refusal === undefined) continue
      yield* record(request, options)
      return yield* new Denied({ action, key, environment: environment ?? null, ...refusal })
    }
  })

  const together: Desk["together"] = (self) => Effect.provideService(run(self), SnapshotSigning.Current, signing)

  const desk: Desk = {
    ...transactions,
    backend,
    together,
    transaction: (self) => Effect.map(together(self), ({ value }) => value),
    admit: Effect.fnUntraced(function*(request, options) {
      yield* ask(request, options)
      yield* Actor.decode(yield* Actor.Current)
      yield* requireReason(request, options)
    }),
    admitRead: Effect.fnUntraced(function*(request) {
      if ((yield* policies).size > 0) yield* ask(yield* request, {})
    })
  }
  return desk
})

/** No more of an environment than a policy is told. */
const placeOf = ({ key, protected: isProtected }: Policy.Place): Policy.Place => ({ key, protected: isProtected })

/** Why it is denied; nothing, if it is allowed. A policy that is not of this library may answer anything. */
const refusalOf = (
  exit: Exit.Exit<unknown, unknown>
): { readonly detail: string | null; readonly cause?: Redacted.Redacted<unknown> } | undefined => {
  if (Exit.isFailure(exit)) {
    const cause = Cause.squash(exit.cause)
    return cause instanceof Overdue
      ? { detail: overdue(cause) }
      : { detail: "the policy failed", cause: Redacted.make(cause) }
  }
  const verdict = exit.value
  if (Predicate.isTagged(verdict, "Allowed")) return undefined
  if (!Predicate.isTagged(verdict, "Refused")) return { detail: "the policy gave no verdict" }
  const reason = fieldOf(verdict, "reason")
  return { detail: typeof reason === "string" ? reason : null }
}

const overdue = ({ started }: Overdue): string =>
  started ? "the policy did not answer in time" : "the policy has not answered earlier questions yet"

const requireReason = ({ environments }: Request, options: WriteOptions): Effect.Effect<void, InvalidInput> => {
  const place = environments.find((environment) => environment.protected)
  const isMissing = place !== undefined && (options.reason ?? "").trim() === ""
  const allowed = `a reason, because ${place?.key} is protected`
  return refuseFor(isMissing ? [{ path: ["reason"], rule: "reason_required", allowed }] : [], "options", options)
}
