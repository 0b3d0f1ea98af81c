/**
 * Between what is served and the backup: loads at the start, saves behind the scenes.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as PubSub from "effect/PubSub"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import type { BackingUp } from "../Health.ts"
import type { Head } from "../Snapshot.ts"
import {
  BackupError,
  type Fault,
  loadTimeout,
  type Saved,
  saveTimeout,
  type SnapshotBackup
} from "../SnapshotBackup.ts"
import type { Changes } from "../SnapshotFeed.ts"
import type { Reason } from "../SnapshotRefused.ts"
import { accept } from "./accept.ts"
import type { Current } from "./current.ts"
import { Guard, Overdue } from "./guard.ts"
import * as Monotonic from "./monotonic.ts"
import type { Reporter } from "./reporter.ts"
import type { Settings } from "./settings.ts"

/** How many generations a start looks at. */
const maxGenerations = 4

export interface Services {
  readonly backup: SnapshotBackup["Service"]
  readonly current: Current
  readonly reporter: Reporter
  readonly settings: Settings
}

type Operation = "load" | "set_aside" | "save"

export const make = Effect.fnUntraced(function*({ backup, current, reporter, settings }: Services) {
  const { environment, retry } = settings
  const { keepEvery = Duration.infinity, readOnly = false } = backup
  const clock = yield* Clock.Clock
  const changes = yield* PubSub.subscribe(current.changes)
  const guard = new Guard(1)
  const turn = Semaphore.makeUnsafe(1)
  const quarantined: Array<Fault> = []
  /** In a row. */
  const failures: Record<Operation, number> = { load: 0, set_aside: 0, save: 0 }
  let state: BackingUp["state"] = "loading"
  let detail: string | null = null
  let saved: { readonly head: Head; readonly at: number } | undefined

  /** What the backup answered; a failure is reported, and costs no more than that. */
  const ask = Effect.fnUntraced(
    function*<A>(operation: Operation, answer: () => Effect.Effect<A, BackupError>, deadline: Duration.Input) {
      const exit = yield* guard.run(Effect.suspend(answer), deadline)
      if (Exit.isSuccess(exit)) failures[operation] = 0
      else {
        state = "failed"
        const error = Result.getOrUndefined(Cause.findError(exit.cause))
        detail = detailOf(error, deadline)
        const reason = error instanceof BackupError ? "storage" : error instanceof Overdue ? "timeout" : "failed"
        reporter.report({ _tag: "BackupFailed", operation, reason, failures: ++failures[operation] })
      }
      return exit
    }
  )

  const quarantine = (fault: Fault): void => {
    quarantined.push(fault)
    reporter.report({ _tag: "BackupQuarantined", reason: fault })
  }

  const serve = Effect.fnUntraced(function*({ changes, writtenAt }: Saved) {
    const isServed = yield* accept(current, changes, "backup", true)
    const { epoch, version } = changes.head
    saved = { head: changes.head, at: writtenAt }
    state = "loaded"
    if (!isServed) return
    reporter.report({ _tag: "BackupLoaded", epoch, version, ageMillis: clock.currentTimeMillisUnsafe() - writtenAt })
  })

  const restore = Effect.fnUntraced(function*() {
    for (let generation = 0; generation < maxGenerations; generation++) {
      const loaded = yield* ask("load", () => backup.load(environment), loadTimeout)
      if (Exit.isFailure(loaded)) return
      loaded.value.quarantined.forEach(quarantine)
      const candidate = loaded.value.saved
      if (candidate === undefined) {
        state = "empty"
        return
      }
      const refused = yield* serve(candidate).pipe(
        Effect.as(undefined),
        Effect.catch(({ reason }) => Effect.succeed(reason))
      )
      if (refused === undefined) return
      if (!isUseless(refused)) {
        state = "empty"
        return
      }
      yield* ask("set_aside", () => backup.setAside(environment, candidate, refused), loadTimeout)
      quarantine(refused)
    }
  })

  /** What is saved, and was confirmed since: saving it again keeps it from growing old. */
  const isKept = (head: Head): boolean =>
    isSame(head, saved?.head) &&
    (current.provenance.stale || clock.currentTimeMillisUnsafe() - (saved?.at ?? 0) < Duration.toMillis(keepEvery))

  /** Saves what is served, unless it is saved already or did not come from the store. */
  const save = Effect.fnUntraced(function*() {
    const { head, index, provenance } = current
    if (head === undefined || provenance.source !== "live" || isKept(head)) return
    const start = Monotonic.nowUnsafe(clock)
    const snapshot: Changes = { head, complete: true, entries: index.entries() }
    const isWritten = yield* ask("save", () => backup.save(environment, snapshot), saveTimeout)
    if (Exit.isFailure(isWritten)) return
    const { epoch, version } = head
    saved = { head, at: clock.currentTimeMillisUnsafe() }
    state = "written"
    detail = null
    if (!isWritten.value) return
    reporter.report({ _tag: "BackupWritten", epoch, version, writeMillis: Monotonic.nowUnsafe(clock) - start })
  })

  return {
    /** Serves what was saved, if it can be, and if the store has not answered before. */
    restore: Effect.catchCause(
      restore(),
      () => Effect.sync(() => reporter.report({ _tag: "Faulted", part: "backup" }))
    ),

    /** Waits for a change, or for a while, and saves. Of many changes, the last is saved. */
    round: readOnly ? Effect.never : Effect.gen(function*() {
      yield* Effect.timeoutOption(PubSub.takeAll(changes), state === "failed" ? retry.max : keepEvery)
      yield* turn.withPermit(save())
    }),

    /** Saves what is served now. */
    flush: readOnly ? Effect.void : turn.withPermit(save()),

    status: (): BackingUp => ({
      state,
      at: saved?.at ?? null,
      version: saved?.head.version ?? null,
      readOnly,
      quarantined: [...quarantined],
      detail
    })
  }
})

const detailOf = (error: unknown, deadline: Duration.Input): string => {
  if (error instanceof BackupError) return error.detail
  if (!(error instanceof Overdue)) return "it failed unexpectedly"
  return error.started
    ? `it took longer than ${Duration.format(Duration.fromInputUnsafe(deadline))}`
    : "an earlier one that took too long has not ended yet"
}

/** A backup that is older than what is served, or newer than this code, may still be of use to somebody. */
const isUseless = (reason: Reason): boolean => reason !== "older_version" && reason !== "unknown_schema_version"

const isSame = (a: Head, b: Head | undefined): boolean =>
  a.epoch === b?.epoch && a.version === b.version && a.digest === b.digest
