/**
 * What may stand between an application and its Postgres server: a proxy that delays, swallows, cuts and shuffles. It
 * knows the server's messages well enough to tell notifications from the rest.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"

/**
 * - `pass`: as they come. `drop`: none.
 * - `repeat`: each three times.
 * - `delay`: each arrives with the next one.
 * - `reverse`: two at a time, the later one first.
 */
export type Notifications = "pass" | "drop" | "repeat" | "delay" | "reverse"

export class Proxy {
  /** Milliseconds that everything from the server takes longer. */
  delay = 0
  /** Bytes that the server may say on a connection before it breaks off. */
  limit = Number.POSITIVE_INFINITY
  private readonly links = new Set<Link>()
  private readonly upstream: number
  private policy: Notifications = "pass"
  private frozen = false

  constructor(upstream: number) {
    this.upstream = upstream
  }

  get notifications(): Notifications {
    return this.policy
  }

  set notifications(policy: Notifications) {
    this.policy = policy
    for (const link of this.links) link.release()
  }

  /** Connections are accepted and stay open, and nothing passes. */
  freeze(): void {
    this.frozen = true
    for (const link of this.links) link.freeze()
  }

  /** What was kept passes. */
  thaw(): void {
    this.frozen = false
    for (const link of this.links) link.thaw()
  }

  /** Nothing passes on the connections that listen now, ever again. */
  deafen(): void {
    for (const link of this.links) {
      if (link.listens) link.freeze()
    }
  }

  cut(): void {
    for (const link of this.links) link.destroy()
  }

  accept(client: Net.Socket): void {
    const link = new Link(
      this,
      client,
      Net.connect({ port: this.upstream, host: "127.0.0.1", noDelay: true }),
      () => this.links.delete(link)
    )
    this.links.add(link)
    if (this.frozen) link.freeze()
  }
}

const notification = 0x41

class Link {
  /** Whether this connection asked to be notified. */
  listens = false
  private readonly proxy: Proxy
  private readonly client: Net.Socket
  private readonly server: Net.Socket
  private rest = Buffer.alloc(0)
  private said = 0
  private held: Array<Buffer> = []

  constructor(proxy: Proxy, client: Net.Socket, server: Net.Socket, onEnd: () => void) {
    this.proxy = proxy
    this.client = client
    this.server = server
    client.on("data", (chunk) => {
      if (chunk.includes("LISTEN ")) this.listens = true
      server.write(chunk)
    })
    server.on("data", (chunk) => {
      if (proxy.delay === 0) this.hear(chunk)
      else setTimeout(() => this.hear(chunk), proxy.delay)
    })
    for (const socket of [client, server]) {
      socket.on("error", () => this.destroy())
      socket.on("close", () => {
        this.destroy()
        onEnd()
      })
    }
  }

  freeze(): void {
    this.client.pause()
    this.server.pause()
  }

  thaw(): void {
    this.client.resume()
    this.server.resume()
  }

  destroy(): void {
    this.client.destroy()
    this.server.destroy()
  }

  release(): void {
    for (const message of this.held.splice(0)) this.pass(message)
  }

  /** A message is a byte for its type, four for the length of all but that byte, and its content. */
  private hear(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk])
    while (this.rest.length >= 5) {
      const end = 1 + this.rest.readUInt32BE(1)
      if (this.rest.length < end) return
      const message = this.rest.subarray(0, end)
      this.rest = this.rest.subarray(end)
      if (message[0] === notification) this.notify(message)
      else this.pass(message)
    }
  }

  private notify(message: Buffer): void {
    switch (this.proxy.notifications) {
      case "pass":
        return this.pass(message)
      case "drop":
        return
      case "repeat":
        return [message, message, message].forEach((copy) => this.pass(copy))
      case "delay":
        this.release()
        this.held.push(message)
        return
      case "reverse":
        this.held.unshift(message)
        if (this.held.length === 2) this.release()
    }
  }

  private pass(message: Buffer): void {
    const left = this.proxy.limit - this.said
    this.said += message.length
    if (this.client.destroyed) return
    if (left >= message.length) this.client.write(message)
    else this.client.write(message.subarray(0, Math.max(0, left)), () => this.destroy())
  }
}

/** A proxy to a port of this machine, and the port that leads to it. */
export const make = (upstream: number): Effect.Effect<readonly [Proxy, number], never, Scope.Scope> =>
  Effect.gen(function*() {
    const proxy = new Proxy(upstream)
    const server = yield* Effect.acquireRelease(
      Effect.callback<Net.Server>((resume) => {
        const server = Net.createServer({ noDelay: true }, (client) => proxy.accept(client))
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          proxy.cut()
        })
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return [proxy, port]
  })
