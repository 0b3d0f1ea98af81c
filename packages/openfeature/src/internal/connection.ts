/**
 * A source for as long as the provider is in use: opening it, following it, and letting go of it.
 */
import {
  ErrorCode,
  type OpenFeatureEventEmitter,
  ProviderEvents,
  ProviderFatalError,
  ProviderNotReadyError
} from "@openfeature/server-sdk"
import type { Change } from "rulestead/SnapshotCache"
import type { OwnedSource, Source } from "../Source.ts"

export type Open = (() => Promise<OwnedSource>) | Source

export class Connection {
  source: Source | undefined = undefined
  /** What the SDK was told last; `waiting` until `initialize` ends. */
  private status: "waiting" | "ready" | "stale" | "failed" = "waiting"
  private isClosed = false
  private letGo: () => Promise<void> = () => Promise.resolve()
  private readonly events: OpenFeatureEventEmitter
  /** Settled when there is something to decide from, or never will be. */
  private readonly first = Promise.withResolvers<void>()

  constructor(open: Open, events: OpenFeatureEventEmitter) {
    this.events = events
    // It may fail after nobody waits any more.
    this.first.promise.catch(() => {})
    if (typeof open === "function") void this.open(open)
    else this.attach(open, () => Promise.resolve())
  }

  /** Resolves when flags can be decided; rejects when that takes too long, or cannot be any more. */
  async initialize(timeout: number): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new ProviderNotReadyError(this.reason(timeout))), timeout)
    try {
      await Promise.race([this.first.promise, late])
    } catch (error) {
      this.tellFailure(error)
      throw error
    } finally {
      clearTimeout(timer)
    }
    this.status = "ready"
    this.events.emit(ProviderEvents.Ready)
    // The SDK takes the provider for ready when this has resolved; only then it can be told of anything else.
    setImmediate(() => this.follow())
  }

  close(): Promise<void> {
    this.isClosed = true
    this.source = undefined
    this.first.reject(new ProviderNotReadyError("The provider was closed"))
    return this.letGo()
  }

  private async open(open: () => Promise<OwnedSource>): Promise<void> {
    try {
      const source = await open()
      if (this.isClosed) await source.close()
      else this.attach(source, () => source.close())
    } catch (error) {
      this.fail(error)
    }
  }

  private attach(source: Source, close: () => Promise<void>): void {
    this.source = source
    const unsubscribe = source.onChange((change) => this.hear(change))
    this.letGo = () => {
      unsubscribe()
      return close()
    }
    this.follow()
  }

  private hear({ changed, removed }: Change): void {
    const hadFlags = this.status === "ready" || this.status === "stale"
    this.follow()
    const flagsChanged = [...changed, ...removed]
    if (hadFlags && flagsChanged.length > 0) {
      this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged })
    }
  }

  /** Tells the SDK if it was told something else before. */
  private follow(): void {
    const health = this.source?.health()
    if (health === undefined || !health.ready) return
    this.first.resolve()
    if (this.status === "waiting") return
    const status = health.stale ? "stale" : "ready"
    if (status === this.status) return
    this.status = status
    this.events.emit(status === "stale" ? ProviderEvents.Stale : ProviderEvents.Ready)
  }

  private fail(error: unknown): void {
    if (this.isClosed) return
    const message = error instanceof Error ? error.message : String(error)
    const fatal = new ProviderFatalError(message)
    if (this.status === "waiting") this.first.reject(fatal)
    else this.tellFailure(fatal)
  }

  private tellFailure(error: unknown): void {
    this.status = "failed"
    if (this.isClosed) return
    this.events.emit(ProviderEvents.Error, {
      message: error instanceof Error ? error.message : String(error),
      errorCode: error instanceof ProviderFatalError ? ErrorCode.PROVIDER_FATAL : ErrorCode.PROVIDER_NOT_READY
    })
  }

  private reason(timeout: number): string {
    const health = this.source?.health()
    if (health === undefined) return `Rulestead did not open within ${timeout} ms`
    const reason = health.readiness._tag === "Fresh" ? "starting" : health.readiness.reason
    return `There was no snapshot of ${health.environment} within ${timeout} ms: ${reason}`
  }
}
