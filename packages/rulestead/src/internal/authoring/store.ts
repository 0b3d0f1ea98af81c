/**
 * All commands of the store.
 */
import * as Effect from "effect/Effect"
import * as Audit from "../../Audit.ts"
import type { AuditOptions, Store } from "../../Store.ts"
import * as Audiences from "./audiences.ts"
import type { Desk } from "./desk.ts"
import * as Drafts from "./drafts.ts"
import * as Environments from "./environments.ts"
import * as Flags from "./flags.ts"
import * as Options from "./options.ts"
import * as Overview from "./overview.ts"

export const make = (desk: Desk): Store["Service"] => ({
  transaction: desk.transaction,
  ...Environments.make(desk),
  ...Audiences.make(desk),
  ...Flags.make(desk),
  ...Drafts.make(desk),
  ...Overview.make(desk),
  audit: Effect.fn("Store.audit")(function*(options: AuditOptions = {}) {
    const { limit, ...filter } = yield* Options.decodeAudit(options)
    yield* desk.admitRead(reading(desk, filter))
    const events = yield* desk.backend.audit.page({ ...filter, limit: limit ?? Options.defaultLimit })
    return events.map(Audit.fromStored)
  })
})

const reading = ({ backend }: Desk, { environment, key }: AuditOptions) =>
  Effect.map(backend.environments.all, (all) => ({
    action: "audit.read" as const,
    kind: "audit" as const,
    key: key ?? null,
    ...(environment === undefined ? {} : { environment }),
    environments: all.filter((place) => environment === undefined || place.key === environment)
  }))
