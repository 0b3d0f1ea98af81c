// Keeps a process on this machine: a connection to anywhere else is refused and remembered.
import { Socket } from "node:net"

const local: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1"])

const hostOf = (target: unknown): unknown => {
  const options: unknown = Array.isArray(target) ? target[0] : target
  return typeof options === "object" && options !== null && "host" in options ? options.host : undefined
}

export interface Attempts {
  readonly hosts: ReadonlySet<string>
}

export const stayLocal = (): Attempts => {
  const hosts = new Set<string>()
  const connect = Socket.prototype.connect
  Reflect.set(Socket.prototype, "connect", function(this: Socket, ...target: ReadonlyArray<unknown>) {
    const [first, second] = target
    const host = typeof first === "number" ? second : hostOf(first)
    if (typeof host !== "string" || local.has(host)) return Reflect.apply(connect, this, target)
    hosts.add(host)
    process.nextTick(() => this.destroy(new Error(`refused to connect to ${host}`)))
    return this
  })
  return { hosts }
}
