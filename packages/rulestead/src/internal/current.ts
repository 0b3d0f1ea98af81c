/**
 * What is served now: the index, where it came from, and how current it is known to be. Every change of it is one
 * synchronous step, and is reported.
 */
import type * as Clock from "effect/Clock"
import * as Latch from "effect/Latch"
import type * as PubSub from "effect/PubSub"
import * as Semaphore from "effect/Semaphore"
import type { Provenance } from "../Decision.ts"
import type { CompiledFlag } from "../Evaluator.ts"
import type { Head } from "../Snapshot.ts"
import type { Change } from "../SnapshotCache.ts"
import type { Held } from "../SnapshotFeed.ts"
import type { Reason } from "../SnapshotRefused.ts"
import type { Origin } from "../Telemetry.ts"
import { broadcast } from "./broadcast.ts"
import type { Installation } from "./installation.ts"
import { MissingFlags } from "./missingFlags.ts"
import * as Monotonic from "./monotonic.ts"
import type { Facts, Reporter } from "./reporter.ts"
import * as SetHash from "./setHash.ts"
import type { Settings } from "./settings.ts"
import type { Verify } from "./signature.ts"
import { SnapshotIndex } from "./snapshotIndex.ts"
import { Tally } from "./tally.ts"
import { UnmetDefinitions } from "./unmetDefinitions.ts"

/** A moment by both clocks: `at` for people, `monotonic` for ages. */
export interface Moment {
  readonly at: number
  readonly monotonic: number
}

export const momentOf = (clock: Clock.Clock): Moment => ({
  at: clock.currentTimeMillisUnsafe(),
  monotonic: Monotonic.nowUnsafe(clock)
})

export class Current {
  readonly environment: string
  readonly changes: PubSub.PubSub<Change>
  readonly missing: MissingFlags
  readonly unmet: UnmetDefinitions
  readonly tally = new Tally()
  /** Open while the snapshot is not stale. */
  readonly fresh = Latch.makeUnsafe()
  /** Held by whoever is about to replace what is served. */
  readonly oneAtATime = Semaphore.makeUnsafe(1)
  /** Which signatures of snapshots are good; absent where none is asked for. */
  readonly verify: Verify | undefined
  index = new SnapshotIndex()
  /** The hash of what is in the index, where signatures are asked for. */
  set = SetHash.empty
  head: Head | undefined = undefined
  /** Replaced only when something in it changes, because decisions are remembered by it. */
  provenance: Provenance
  applied: Moment | undefined = undefined
  verified: Moment | undefined = undefined
  /** What the last installation took. */
  applyMillis: number | null = null
  staleDecisions = 0
  refused = 0
  epochs = 0
  private readonly clock: Clock.Clock
  private readonly reporter: Reporter

  constructor(
    { environment, verify }: Pick<Settings, "environment" | "verify">,
    clock: Clock.Clock,
    reporter: Reporter,
    changes: PubSub.PubSub<Change>
  ) {
    this.environment = environment
    this.verify = verify
    this.clock = clock
    this.reporter = reporter
    this.changes = changes
    this.missing = new MissingFlags(reporter)
    this.unmet = new UnmetDefinitions(reporter)
    this.provenance = Object.freeze({ environment, epoch: null, version: 0, source: "none", stale: true })
  }

  get held(): Held | undefined {
    return this.head === undefined ? undefined : { epoch: this.head.epoch, version: this.head.version }
  }

  /** A flag that is about to be decided. */
  find(flag: string): CompiledFlag | undefined {
    const found = this.index.flags.get(flag)
    if (found === undefined) this.missing.count(flag, this.head !== undefined)
    else if (this.provenance.stale) this.staleDecisions++
    return found
  }

  /** All flags, about to be decided. */
  findAll(): ReadonlyMap<string, CompiledFlag> {
    const { flags } = this.index
    if (this.head === undefined) this.missing.count(undefined, false)
    else if (this.provenance.stale) this.staleDecisions += flags.size
    return flags
  }

  /** `start`: when the installation began, by the monotonic clock. */
  serve(installation: Installation, origin: Origin, start: number): void {
    const { changed, commit, head, removed } = installation
    const { epoch, version } = head
    const before = this.provenance
    this.tally.collect([...changed, ...removed].flatMap((key) => this.index.flags.get(key) ?? []))
    this.index = commit()
    this.head = head
    this.applied = momentOf(this.clock)
    this.applyMillis = this.applied.monotonic - start
    if (origin === "live") this.verified = this.applied
    this.provenance = Object.freeze({ ...before, epoch, version, source: origin, stale: origin !== "live" })
    this.tell(before, { changed, removed }, [
      ...this.noticeEpoch(before),
      {
        _tag: "SnapshotApplied",
        source: origin,
        epoch,
        version,
        changed: changed.length,
        removed: removed.length,
        flags: this.index.flags.size,
        applyMillis: this.applyMillis
      }
    ])
  }

  /** The store says that it is what is held. */
  confirm({ epoch, version }: Head): void {
    const before = this.provenance
    this.verified = momentOf(this.clock)
    if (before.stale || before.source !== "live") {
      this.provenance = Object.freeze({ ...before, source: "live", stale: false })
    }
    this.tell(before, nothing, [{ _tag: "SnapshotVerified", epoch, version }])
  }

  /** Nobody has confirmed it for too long. */
  expire(): void {
    const before = this.provenance
    if (before.stale) return
    this.provenance = Object.freeze({ ...before, stale: true })
    this.tell(before, nothing)
  }

  /** Nobody will confirm it any more. */
  close(): void {
    this.provenance = Object.freeze({ ...this.provenance, stale: true })
  }

  refuse(reason: Reason, origin: Origin): void {
    this.refused++
    this.reporter.report({ _tag: "SnapshotRefused", source: origin, reason })
  }

  private noticeEpoch({ epoch: from, source, version: fromVersion }: Provenance): ReadonlyArray<Facts> {
    const { epoch: to, source: now, version: toVersion } = this.provenance
    if (now !== "live" || source === "bootstrap" || from === null || to === null || from === to) return []
    this.epochs++
    return [{ _tag: "EpochChanged", from, fromVersion, to, toVersion }]
  }

  /** When everything is in place: whoever is told, or waits, may run and ask before this returns. */
  private tell(before: Provenance, flags: Pick<Change, "changed" | "removed">, facts: ReadonlyArray<Facts> = []): void {
    const now = this.provenance
    for (const fact of [...facts, ...this.turned(before)]) this.reporter.report(fact)
    if (now !== before) broadcast(this.changes, { ...now, ...flags })
    if (now.stale) this.fresh.closeUnsafe()
    else this.fresh.openUnsafe()
  }

  private turned(before: Provenance): ReadonlyArray<Facts> {
    const { epoch, stale, version } = this.provenance
    if (epoch === null || stale === before.stale) return []
    if (!stale) return [{ _tag: "BecameFresh", epoch, version }]
    const ageMillis = Monotonic.nowUnsafe(this.clock) - (this.verified?.monotonic ?? 0)
    return [{ _tag: "BecameStale", epoch, version, ageMillis }]
  }
}

const nothing = { changed: [], removed: [] }
