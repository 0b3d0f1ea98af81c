/** What the steps of one scenario share: a provider in the SDK, and what was asked of it. */
import {
  AsyncLocalStorageTransactionContextPropagator,
  type Client,
  type EvaluationContext,
  type EvaluationDetails,
  type Hook,
  type JsonValue,
  OpenFeature,
  ProviderEvents
} from "@openfeature/server-sdk"
import { createRulestead } from "@rulestead/node"
import { fromService, type Options, type OwnedSource, RulesteadProvider, type Source } from "@rulestead/openfeature"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import type * as Rules from "rulestead/EvaluationContext"
import * as Manifest from "rulestead/Manifest"
import { Rulestead } from "rulestead/Rulestead"
import { SnapshotBackup } from "rulestead/SnapshotBackup"
import { FeedError, SnapshotFeed } from "rulestead/SnapshotFeed"
import * as StoreMemory from "rulestead/StoreMemory"
import { specified } from "./flags.ts"

export interface Asked {
  readonly type: string
  readonly key: string
  readonly fallback: JsonValue
}

/** A hook that remembers which of its stages ran, and with what. */
export class RecordingHook implements Hook {
  readonly stages: Array<string> = []
  readonly details = new Map<string, EvaluationDetails<JsonValue>>()

  before = () => {
    this.stages.push("before")
  }
  after = (_: unknown, details: EvaluationDetails<JsonValue>) => {
    this.stages.push("after")
    this.details.set("after", details)
  }
  error = () => {
    this.stages.push("error")
  }
  finally = (_: unknown, details: EvaluationDetails<JsonValue>) => {
    this.stages.push("finally")
    this.details.set("finally", details)
  }
}

const environment = "prod"
const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
const nowhere = "postgres://nobody@127.0.0.1:1/nothing"

export class World {
  readonly manifest: Manifest.Input
  /** Whether flags are decided from a backup. */
  readonly cached: boolean
  readonly client: Client = OpenFeature.getClient()
  readonly hook = new RecordingHook()
  readonly hooks = [new RecordingHook(), new RecordingHook()] as const
  asked: Asked = { type: "boolean", key: "boolean-flag", fallback: false }
  invocation: EvaluationContext = {}
  transaction: EvaluationContext = {}
  levels: ReadonlyArray<string> = []
  details: EvaluationDetails<JsonValue> | undefined = undefined
  /** The context as Rulestead got it. */
  received: Rules.EvaluationContext | undefined = undefined
  private readonly ends: Array<() => Promise<void>> = []

  constructor(manifest: Manifest.Input, cached: boolean) {
    this.manifest = manifest
    this.cached = cached
    OpenFeature.setLogger(silent)
    OpenFeature.setContext({ targetingKey: "somebody" })
    OpenFeature.setTransactionContextPropagator(new AsyncLocalStorageTransactionContextPropagator())
  }

  async provide(status: string): Promise<void> {
    switch (status) {
      case "stable":
        return OpenFeature.setProviderAndWait(
          this.cached ? this.provider(await this.fromBackup()) : this.provider(() => this.open())
        )
      case "not ready":
        OpenFeature.setProvider(this.provider(() => new Promise(() => {})))
        return undefined
      case "error":
        return fails(OpenFeature.setProviderAndWait(
          this.provider(() => createRulestead({ environment, url: nowhere, bootTimeout: 0, logLevel: "None" }), {
            initializeTimeout: 1
          })
        ))
      case "fatal":
        return fails(
          OpenFeature.setProviderAndWait(this.provider(() => createRulestead({ environment: "", url: nowhere })))
        )
      case "stale": {
        const closed = await this.open()
        await closed.close()
        const stale = new Promise((resolve) => this.client.addHandler(ProviderEvents.Stale, resolve))
        await OpenFeature.setProviderAndWait(this.provider(closed))
        await stale
        return undefined
      }
      default:
        throw new Error(`There is no such provider: ${status}`)
    }
  }

  async evaluate(hooks: ReadonlyArray<Hook> = []): Promise<EvaluationDetails<JsonValue>> {
    const options = { hooks: [...hooks] }
    const details = await new Promise<EvaluationDetails<JsonValue>>((resolve, reject) =>
      OpenFeature.setTransactionContext(this.transaction, () => {
        this.ask(options).then(resolve, reject)
      })
    )
    return this.details = details
  }

  async end(): Promise<void> {
    await OpenFeature.close()
    OpenFeature.clearHooks()
    OpenFeature.setContext({})
    await Promise.all(this.ends.map((end) => end()))
  }

  private ask(options: { readonly hooks: Array<Hook> }): Promise<EvaluationDetails<JsonValue>> {
    const { fallback, key } = this.asked
    switch (typeof fallback) {
      case "boolean":
        return this.client.getBooleanDetails(key, fallback, this.invocation, options)
      case "string":
        return this.client.getStringDetails(key, fallback, this.invocation, options)
      case "number":
        return this.client.getNumberDetails(key, fallback, this.invocation, options)
      default:
        return this.client.getObjectDetails(key, fallback, this.invocation, options)
    }
  }

  private provider(source: Source | (() => Promise<OwnedSource>), options: Options = {}): RulesteadProvider {
    const metadata = specified()
    return new RulesteadProvider(source, {
      ...options,
      flagMetadata: ({ flag }) => metadata[flag]?.flagMetadata ?? {}
    })
  }

  private async open() {
    const client = await createRulestead({ environment, manifest: this.manifest })
    return {
      ...client,
      evaluate: (flag: string, context?: Rules.EvaluationContext) => {
        this.received = context
        return client.evaluate(flag, context)
      }
    }
  }

  private async fromBackup(): Promise<Source> {
    const { manifest } = this
    const backup = Layer.effect(
      SnapshotBackup,
      Effect.gen(function*() {
        yield* Manifest.apply(manifest, { environment })
        const changes = yield* Effect.flatMap(SnapshotFeed, (feed) => feed.changesSince(environment, undefined))
        return {
          load: () => Effect.succeed({ saved: { changes, writtenAt: 0 }, quarantined: [] }),
          save: () => Effect.never,
          setAside: () => Effect.void
        }
      })
    ).pipe(Layer.provide(StoreMemory.layer()))
    const away = new FeedError({ environment, reason: "unreachable", detail: "scripted" })
    const feed = Layer.succeed(SnapshotFeed, {
      changesSince: () => Effect.fail(away),
      announcements: () => Stream.fail(away)
    })
    const node = Rulestead.layer({ environment, bootTimeout: 0 }).pipe(Layer.provide([feed, backup]))
    const runtime = ManagedRuntime.make(Layer.provide(node, Logger.layer([])))
    this.ends.push(() => runtime.dispose())
    return fromService(await runtime.runPromise(Rulestead))
  }
}

const fails = (promise: Promise<void>): Promise<void> =>
  promise.then(() => Promise.reject(new Error("The provider was initialized")), () => {})
