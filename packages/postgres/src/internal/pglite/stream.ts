/** A connection to the engine, as the Postgres driver expects one: a stream of bytes in both directions. */
import { Duplex } from "node:stream"
import type { Engine, Session } from "./engine.ts"
import * as Protocol from "./protocol.ts"

/** Answers are handed over in slices of this many bytes, so that a reader can stop in the middle of a long one. */
const sliceBytes = 65_536

export const connect = (engine: Engine): Duplex => {
  let received: Buffer = Buffer.alloc(0)
  let session: Session | undefined
  let resume = () => {}

  const receive = async (chunk: Buffer): Promise<void> => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    session ??= await open()
    if (session === undefined) return
    const messages = Protocol.takeMessages(received)
    received = received.subarray(messages.length)
    if (messages.length > 0) await send(await session.execute(messages))
  }

  const open = async (): Promise<Session | undefined> => {
    const opening = Protocol.takeOpening(received)
    if (opening === undefined) return undefined
    received = received.subarray(opening.length)
    if (Protocol.isCancelRequest(opening)) {
      // A statement runs to its end before anything else can, so there is never one to cancel.
      duplex.destroy()
      return undefined
    }
    const opened = await engine.begin()
    if (duplex.destroyed) {
      await opened.end()
      return undefined
    }
    await send(await opened.execute(opening))
    return opened
  }

  const send = async (answer: Uint8Array): Promise<void> => {
    for (let at = 0; at < answer.length && !duplex.destroyed; at += sliceBytes) {
      if (!duplex.push(answer.subarray(at, at + sliceBytes))) {
        await new Promise<void>((resolve) => {
          resume = resolve
        })
      }
    }
  }

  const duplex = new Duplex({
    read: () => resume(),
    write: (chunk: Buffer, _encoding, done) => {
      receive(chunk).then(() => done(), done)
    },
    final: (done) => {
      done()
      duplex.destroy()
    },
    destroy: (error, done) => {
      resume()
      const ended = () => done(error)
      // A session that cannot be ended is one whose engine crashed, and the next one to begin finds that out.
      Promise.resolve(session?.end()).then(ended, ended)
    }
  })
  return duplex
}
