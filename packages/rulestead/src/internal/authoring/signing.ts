/**
 * The command that makes a beginning with signatures, or a new one.
 */
import * as Effect from "effect/Effect"
import type { Publisher } from "../../Publisher.ts"
import type { Head } from "../../Snapshot.ts"
import * as SnapshotSigning from "../../SnapshotSigning.ts"
import type { WriteOptions } from "../../Store.ts"
import type { Desk } from "./desk.ts"
import * as Options from "./options.ts"
import * as Rows from "./rows.ts"
import * as Snapshots from "./snapshots.ts"

type Commands = Pick<Publisher["Service"], "sign">

export const make = ({ admit, backend, settle, transaction }: Desk): Commands => {
  const sign = Effect.fnUntraced(function*(key: string, options: WriteOptions) {
    const place = yield* Rows.find("environment", backend.environments, key)
    yield* admit({ action, kind: "environment", key, environment: key, environments: [place] }, options)
    const before = yield* settle(key)
    if (before.signature === undefined && (yield* SnapshotSigning.Current) === undefined) return before
    const after = yield* Snapshots.commitAgain(backend, before)
    yield* Rows.audit(backend, options, {
      action,
      key,
      environment: key,
      before: documentOf(before),
      after: documentOf(after)
    })
    return after
  })

  return {
    sign: Effect.fn("Publisher.sign")(function*(environment: string, options: WriteOptions = {}) {
      const given = yield* Options.decodeWrite(options)
      return yield* transaction(sign(environment, given))
    })
  }
}

const action = "snapshot.sign"

const documentOf = ({ signature, version }: Head) => ({ version, signed: signature !== undefined })
