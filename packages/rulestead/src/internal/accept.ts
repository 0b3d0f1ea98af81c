/**
 * From an answer of the feed to what is served: judged, verified, compiled, put in place. Or refused whole.
 */
import * as Effect from "effect/Effect"
import type { Changes } from "../SnapshotFeed.ts"
import { SnapshotRefused } from "../SnapshotRefused.ts"
import type { Origin } from "../Telemetry.ts"
import * as Admission from "./admission.ts"
import * as Authenticity from "./authenticity.ts"
import type { Current } from "./current.ts"
import { refusal } from "./entries.ts"
import * as Installation from "./installation.ts"
import * as Monotonic from "./monotonic.ts"

/**
 * One after another, whoever asks. Answers whether it is what is served now: what was saved or brought along comes too
 * late once the store has answered. `keepContent`: whether a backup will ask for the contents of entries.
 */
export const accept = Effect.fnUntraced(
  function*(current: Current, changes: Changes, origin: Origin, keepContent: boolean) {
    if (origin !== "live" && current.provenance.source === "live") return false
    const verdict = Admission.judge(current.environment, current.head, changes)
    if (typeof verdict !== "string") return yield* Effect.fail(verdict)
    const start = yield* Monotonic.now
    const set = yield* Authenticity.check(current, changes, verdict)
    if (verdict === "same") {
      if (origin === "live") current.confirm(changes.head)
      return true
    }
    const install = verdict === "delta" ? Installation.delta : Installation.complete
    const installation = yield* install(current.index, changes, keepContent)
    current.set = set
    current.serve(installation, origin, start)
    return true
  },
  (self, current, _changes, origin) =>
    self.pipe(
      Effect.catchDefect(() => Effect.fail(refusal("malformed", "it is not of the form of a snapshot"))),
      Effect.mapError(({ detail, reason }) => {
        current.refuse(reason, origin)
        return new SnapshotRefused({ environment: current.environment, reason, detail })
      }),
      current.oneAtATime.withPermit
    )
)
