/**
 * A backup in memory, whose every step a test can decide.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type BackupError, type Fault, type Saved, SnapshotBackup } from "rulestead/SnapshotBackup"
import type { Changes } from "rulestead/SnapshotFeed"

export class MemoryBackup {
  /** Newest first. */
  generations: Array<Saved>
  /** What has to be reported with the next load. */
  quarantined: ReadonlyArray<Fault> = []
  readonly setAside: Array<Fault> = []
  readonly written: Array<number> = []
  writing = 0
  peak = 0
  /** Somebody else saves everything first. */
  isKept = false
  /** Runs before every load or save. */
  before: Effect.Effect<void, BackupError> = Effect.void

  constructor(...generations: ReadonlyArray<Changes>) {
    this.generations = generations.map((changes) => ({ changes, writtenAt: -60_000 }))
  }

  private readonly service: SnapshotBackup["Service"] = {
    load: () =>
      Effect.suspend(() => this.before).pipe(
        Effect.map(() => ({ saved: this.generations[0], quarantined: this.quarantined }))
      ),
    setAside: (_environment, _saved, fault) =>
      Effect.sync(() => {
        this.setAside.push(fault)
        this.generations.shift()
      }),
    save: (_environment, changes) =>
      Effect.suspend(() => {
        this.writing++
        this.peak = Math.max(this.peak, this.writing)
        return this.before
      }).pipe(
        Effect.map(() => {
          if (this.isKept) return false
          this.written.push(changes.head.version)
          this.generations.unshift({ changes, writtenAt: 0 })
          return true
        }),
        Effect.ensuring(Effect.sync(() => this.writing--))
      )
  }

  readonly layer: Layer.Layer<SnapshotBackup> = Layer.succeed(SnapshotBackup, this.service)

  /** What is saved expires, unless it is saved again. */
  readonly layerKeptEvery = (keepEvery: Duration.Input): Layer.Layer<SnapshotBackup> =>
    Layer.succeed(SnapshotBackup, { ...this.service, keepEvery })

  readonly layerReadOnly: Layer.Layer<SnapshotBackup> = Layer.succeed(SnapshotBackup, {
    ...this.service,
    readOnly: true
  })
}
