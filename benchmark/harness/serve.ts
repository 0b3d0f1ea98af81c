import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

export interface Server {
  readonly url: string
  readonly close: () => Promise<void>
}

/** A server on this machine that answers everything with one document. */
export const serve = async (document: unknown): Promise<Server> => {
  const body = JSON.stringify(document)
  const server = createServer((request, response) => {
    request.resume()
    response.setHeader("content-type", "application/json").end(body)
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  return { url: `http://127.0.0.1:${portOf(server.address())}`, close: async () => await server[Symbol.asyncDispose]() }
}

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0
