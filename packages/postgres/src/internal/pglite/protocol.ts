/** The little of Postgres' wire protocol that a session inside one process needs to know. */
import type { Notification } from "@effect/sql-pg/PgConnection"

const lengthBytes = 4
const cancelRequest = 80877102
const tags = { notification: 0x41, query: 0x51, terminate: 0x58 }

/** The message that opens a connection, which has no tag, or `undefined` while it is incomplete. */
export const takeOpening = (received: Buffer): Buffer | undefined => {
  if (received.length < lengthBytes) return undefined
  const length = received.readInt32BE(0)
  return received.length < length ? undefined : received.subarray(0, length)
}

export const isCancelRequest = (opening: Buffer): boolean =>
  opening.length >= 8 && opening.readInt32BE(4) === cancelRequest

/** The whole messages that `received` starts with, up to one that ends the session. */
export const takeMessages = (received: Buffer): Buffer => {
  let end = 0
  for (const { at, next, tag } of messages(received)) {
    if (tag === tags.terminate) return received.subarray(0, at)
    end = next
  }
  return received.subarray(0, end)
}

/** The notifications among the messages of an answer. */
export function* notifications(answer: Buffer): Generator<Notification> {
  for (const { at, next, tag } of messages(answer)) {
    if (tag !== tags.notification) continue
    const body = answer.subarray(at + 1 + lengthBytes, next)
    const [channel = "", payload = ""] = body.toString("utf8", 4).split("\0")
    yield { processId: body.readInt32BE(0), channel, payload }
  }
}

/** Runs statements without parameters. */
export const query = (sql: string): Buffer => {
  const text = Buffer.from(`${sql}\0`)
  const head = Buffer.alloc(1 + lengthBytes)
  head.writeUInt8(tags.query, 0)
  head.writeInt32BE(lengthBytes + text.length, 1)
  return Buffer.concat([head, text])
}

function* messages(buffer: Buffer): Generator<{ readonly tag: number; readonly at: number; readonly next: number }> {
  let at = 0
  while (buffer.length - at > lengthBytes) {
    const next = at + 1 + buffer.readInt32BE(at + 1)
    if (next > buffer.length) return
    yield { tag: buffer.readUInt8(at), at, next }
    at = next
  }
}
