/**
 * A node: its parts, put together and started.
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { BackingUp, Health, Readiness } from "../Health.ts"
import type { InvalidInput } from "../InvalidInput.ts"
import * as NodeVersion from "../NodeVersion.ts"
import { NotFresh } from "../RulesteadError.ts"
import { SnapshotBackup } from "../SnapshotBackup.ts"
import type { Change, Options, SnapshotCache } from "../SnapshotCache.ts"
import { SnapshotFeed } from "../SnapshotFeed.ts"
import { missingInterval } from "../Telemetry.ts"
import { accept } from "./accept.ts"
import * as Backups from "./backups.ts"
import { Current, type Moment } from "./current.ts"
import { ageMillis } from "./durations.ts"
import * as Freshness from "./freshness.ts"
import * as Listener from "./listener.ts"
import { Metrics } from "./metrics.ts"
import * as Monotonic from "./monotonic.ts"
import { Reach } from "./reach.ts"
import * as Refresher from "./refresher.ts"
import { Reporter } from "./reporter.ts"
import * as Settings from "./settings.ts"
import { supervise } from "./supervise.ts"

/**
 * How long what was saved or brought along may keep the first look at the store waiting. What is served by then saves
 * the store from sending everything; what is not, is served when it comes, unless the store was faster.
 */
const headStart = "250 millis"

/** How many changes a subscriber may be behind. */
const changeCapacity = 64

export const make = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<SnapshotCache["Service"], InvalidInput | NotFresh, SnapshotFeed | Scope.Scope> {
  const unsupported = NodeVersion.refuse()
  if (unsupported !== undefined) return yield* Effect.die(unsupported)
  const settings = yield* Settings.decode(options)
  const { background, bootTimeout, bootstrap, environment, staleAfter, whenNotFresh } = settings
  const feed = yield* SnapshotFeed
  const backup = Option.getOrUndefined(yield* Effect.serviceOption(SnapshotBackup))
  const clock = yield* Clock.Clock
  const end = Monotonic.nowUnsafe(clock) + bootTimeout
  const context = yield* Effect.context()
  const scope = yield* Effect.scope

  const reporter = new Reporter(environment, context)
  const metrics = new Metrics(environment, context)
  const changes = yield* Effect.acquireRelease(PubSub.sliding<Change>(changeCapacity), PubSub.shutdown)
  const current = new Current(settings, clock, reporter, changes)
  const keepContent = backup !== undefined
  const reach = new Reach()
  const refresher = yield* Refresher.make({ current, feed, keepContent, metrics, reach, reporter, settings })
  const listener = yield* Listener.make({ current, feed, reach, refresher, reporter, settings })
  const backups = backup === undefined ? undefined : yield* Backups.make({ backup, current, reporter, settings })

  const readiness = (): Readiness => {
    const reason = refresher.problem() ?? "starting"
    switch (current.provenance.source) {
      case "live":
        return { _tag: "Fresh" }
      case "backup":
        return { _tag: "FromBackup", reason, writtenAt: backups?.status().at ?? 0 }
      case "bootstrap":
        return { _tag: "Bootstrap", reason }
      case "none":
        return { _tag: "Empty", reason }
    }
  }

  const health = (): Health => {
    const now = Monotonic.nowUnsafe(clock)
    if (!background) Freshness.check(current, staleAfter, now)
    const ageOf = (moment: Moment | undefined) => moment === undefined ? null : now - moment.monotonic
    const { applied, head, missing, provenance, verified } = current
    return {
      environment,
      live: refresher.isAlive(now),
      ready: provenance.source !== "none",
      readiness: readiness(),
      stale: provenance.stale,
      source: provenance.source,
      epoch: provenance.epoch,
      version: provenance.version,
      digest: head?.digest ?? null,
      publishedAt: head?.publishedAt ?? null,
      flags: current.index.flags.size,
      verifiedAt: verified?.at ?? null,
      verifiedAge: ageOf(verified),
      appliedAt: applied?.at ?? null,
      appliedAge: ageOf(applied),
      refresh: refresher.status(now),
      listener: listener.status(),
      backup: backups?.status() ?? noBackup,
      counts: {
        missing: missing.missing,
        unready: missing.unready,
        unmet: current.unmet.unmet,
        stale: current.staleDecisions,
        refused: current.refused,
        epochs: current.epochs
      },
      telemetry: { dropped: reporter.dropped, failed: reporter.failed }
    }
  }

  const collect = (): void => current.tally.collect(current.index.flags.values())

  /** The wall clock has a say because the monotonic one may stand still while the process is frozen. */
  const isYoung = (age: Duration.Input): boolean => {
    const { verified } = current
    if (verified === undefined) return false
    const millis = ageMillis(age)
    return Monotonic.nowUnsafe(clock) - verified.monotonic <= millis &&
      clock.currentTimeMillisUnsafe() - verified.at <= millis
  }

  const carryOver = Effect.sync(() => {
    collect()
    current.tally.take().forEach((served) => metrics.decided(served))
    metrics.carryOver(health())
    current.missing.forget()
    current.unmet.forget()
  })

  yield* Effect.addFinalizer(() =>
    Effect.andThen(
      carryOver,
      Effect.sync(() => {
        refresher.close()
        listener.close()
        current.close()
      })
    )
  )
  const serveBootstrap = Effect.suspend(() =>
    bootstrap === undefined ? Effect.void : Effect.ignore(accept(current, bootstrap, "bootstrap", keepContent))
  )

  const startLoops = Effect.gen(function*() {
    yield* supervise("metrics", reporter, Effect.delay(carryOver, missingInterval))
    yield* supervise("freshness", reporter, Freshness.round(current, staleAfter))
    yield* supervise("listener", reporter, listener.round)
    const prepared = Latch.makeUnsafe()
    yield* Effect.timeoutOption(prepared.await, headStart).pipe(
      Effect.andThen(supervise("refresh", reporter, refresher.round)),
      Effect.forkScoped
    )
    yield* serveBootstrap
    if (backups === undefined) prepared.openUnsafe()
    else {
      yield* Effect.andThen(backups.restore, prepared.open).pipe(
        Effect.andThen(supervise("backup", reporter, backups.round)),
        Effect.forkScoped
      )
    }
  })

  const refresh = background
    ? refresher.refresh
    : refresher.refreshBy((looks) => Fiber.runIn(Effect.runForkWith(context)(looks), scope))

  const lookOnce = Effect.andThen(backups?.restore ?? Effect.void, Effect.ignore(refresh))

  yield* background ? startLoops : serveBootstrap
  yield* Effect.timeoutOption(
    background ? Effect.asVoid(current.fresh.await) : lookOnce,
    Math.max(0, end - Monotonic.nowUnsafe(clock))
  )

  const started = readiness()
  if (whenNotFresh === "fail" && started._tag !== "Fresh") {
    return yield* new NotFresh({ environment, serving: started._tag, reason: started.reason })
  }
  return {
    environment,
    find: (flag) => current.find(flag),
    findAll: () => current.findAll(),
    flags: () => current.index.flags,
    unmet: (flag) => current.unmet.count(flag),
    provenance: background ? () => current.provenance : () => {
      Freshness.check(current, staleAfter, Monotonic.nowUnsafe(clock))
      return current.provenance
    },
    readiness,
    health,
    fresh: Effect.asVoid(current.fresh.await),
    refresh,
    refreshIfOlderThan: (age) =>
      Effect.suspend(() =>
        isYoung(age) ? Effect.succeed(true) : Effect.map(Effect.ignore(refresh), () => isYoung(age))
      ),
    flush: Effect.andThen(carryOver, backups === undefined ? Effect.void : backups.flush),
    changes: Stream.fromPubSub(changes),
    decisionCounts: () => {
      collect()
      return current.tally.counts()
    }
  }
})

const noBackup: BackingUp = { state: "off", at: null, version: null, readOnly: false, quarantined: [], detail: null }
