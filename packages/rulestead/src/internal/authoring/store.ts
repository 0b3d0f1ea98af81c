/**
 * All commands of the store.
 */
import * as Effect from "effect/Effect"
import type { AuditOptions, Store } from "../../Store.ts"
import * as Audiences from "./audiences.ts"
import * as Drafts from "./drafts.ts"
import * as Environments from "./environments.ts"
import * as Flags from "./flags.ts"
import * as Options from "./options.ts"
import type { Backend } from "./rows.ts"

export const make = (backend: Backend): Store["Service"] => ({
  ...Environments.make(backend),
  ...Audiences.make(backend),
  ...Flags.make(backend),
  ...Drafts.make(backend),
  audit: Effect.fn("Store.audit")(function*(options: AuditOptions = {}) {
    const { limit, ...filter } = yield* Options.decodeAudit(options)
    return yield* backend.audit.page({ ...filter, limit: limit ?? Options.defaultLimit })
  })
})
