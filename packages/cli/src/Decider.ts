/** A node that decides for a command: over the store, or without it, over a manifest or a backup. */
import * as Flag from "effect/cli/Flag"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { badArgument } from "effect/PlatformError"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Manifest from "rulestead/Manifest"
import { Rulestead } from "rulestead/Rulestead"
import * as SigningKey from "rulestead/SigningKey"
import * as SnapshotBackupDisk from "rulestead/SnapshotBackupDisk"
import { FeedError, SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import * as StoreMemory from "rulestead/StoreMemory"
import * as Connection from "./Connection.ts"
import { Failure } from "./Failure.ts"
import * as Manifests from "./Manifests.ts"
import * as Parameters from "./parameters.ts"
import * as Settings from "./Settings.ts"

export const flags = {
  env: Parameters.environment,
  manifest: Flag.String("manifest").pipe(
    Flag.withMetavar("<file>"),
    Flag.withDescription("Decide from this manifest, without a store; - is standard input"),
    Flag.optional
  ),
  backup: Flag.String("backup").pipe(
    Flag.withMetavar("<directory>"),
    Flag.withDescription("Decide from the backup that a node keeps in this directory, without a store"),
    Flag.optional
  ),
  application: Flag.String("application").pipe(
    Flag.withDescription("With --backup: the application that the node was given, if any"),
    Flag.optional
  )
}

export interface Described {
  readonly env: Option.Option<string>
  readonly manifest: Option.Option<string>
  readonly backup: Option.Option<string>
  readonly application: Option.Option<string>
}

export const layer = ({ application, backup, env, manifest }: Described) =>
  Layer.effectContext(Effect.gen(function*() {
    if (Option.isSome(manifest)) return yield* Layer.build(fromManifest(manifest.value))
    const environment = yield* Settings.environment(env)
    if (Option.isNone(backup)) return yield* Layer.build(overStore(environment))
    const directory = yield* Settings.resolvePath(backup.value)
    return yield* Layer.build(fromBackup(environment, { directory, application: Option.getOrUndefined(application) }))
  }))

/**
 * A node that has what the store has now, signed with one of RULESTEAD_VERIFY_KEYS where that is set. It would wait for an
 * environment to be created, which is not wanted here.
 */
export const fresh = (environment: string) =>
  Layer.unwrap(Effect.gen(function*() {
    yield* Store.use((store) => store.environment(environment))
    return node(environment, yield* Config.withDefault(SigningKey.config("RULESTEAD_VERIFY_KEYS"), []))
  }))

/** {@link fresh}, and the store that was chosen. */
export const overStore = (environment: string) => Layer.provideMerge(fresh(environment), Connection.layer)

const node = (environment: string, verify: ReadonlyArray<SigningKey.SigningKey>) =>
  Rulestead.layer({
    environment,
    whenNotFresh: "fail",
    bootTimeout: "10 seconds",
    ...(verify.length === 0 ? {} : { verify })
  })

/** A manifest is of no environment, so what it serves there has a name that says so. */
const fromManifest = (path: string) =>
  node("manifest", []).pipe(
    Layer.provide(Layer.effectContext(Effect.gen(function*() {
      yield* Manifest.apply(yield* Manifests.read(path), { environment: "manifest" })
      return yield* Effect.context<SnapshotFeed>()
    }))),
    Layer.provide(StoreMemory.layer())
  )

const fromBackup = (environment: string, options: SnapshotBackupDisk.Options) =>
  Rulestead.layer({ environment, bootTimeout: 0 }).pipe(
    Layer.tap((context) =>
      Effect.flatMap(
        Effect.provide(loaded, context),
        ({ readiness }) =>
          readiness._tag === "FromBackup" ? Effect.void : Effect.fail(noBackup(environment, options.directory))
      )
    ),
    Layer.provide(SnapshotBackupDisk.layer(options)),
    Layer.provide(Layer.merge(away(environment), readOnly))
  )

const loaded = Effect.repeat(Rulestead.health, {
  until: ({ backup }) => backup.state !== "loading",
  schedule: Schedule.spaced("10 millis")
})

const noBackup = (environment: string, directory: string) =>
  new Failure({
    code: "no_backup",
    exit: "failed",
    message: `There is no backup of ${environment} in ${directory} that can be used`,
    next: "Name the directory and the --application that the node was given, and the environment with --env."
  })

const away = (environment: string) => {
  const failed = new FeedError({ environment, reason: "unreachable", detail: "the store is not asked" })
  return Layer.succeed(SnapshotFeed, {
    changesSince: () => Effect.fail(failed),
    announcements: () => Stream.fail(failed)
  })
}

/** Looking at a backup leaves it as it is: nothing is set aside, and nothing is written. */
const readOnly = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (fs) => {
    const refuse = () => Effect.fail(badArgument({ module: "FileSystem", method: "write", description: "read only" }))
    return FileSystem.FileSystem.of({ ...fs, rename: refuse, remove: refuse, writeFile: refuse, makeDirectory: refuse })
  })
)
