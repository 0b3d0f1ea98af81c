/**
 * The hash of a set that follows the changes of the set: what was in it and what came is all that it takes, not the rest.
 *
 * It is LtHash with 1024 lanes of 16 bits (Bellare and Micciancio 1997; Lewi, Kim, Maykov and Weis 2019): each element is
 * stretched to 2048 bytes with SHAKE256, and the lanes are added modulo 2^16. Finding another set of the same hash is a
 * lattice problem of more than 200 bits. A sum of SHA-256 modulo 2^256 would follow changes as well, but two sets of the same
 * sum are found in about 2^32 steps by generalised birthdays, and with some thousand flags that each have an older
 * version, those alone are enough to choose from.
 *
 * It is a hash of a set: whoever adds an element twice, or 65,536 times, is not protected.
 */
import { createHash } from "node:crypto"
import { endianness } from "node:os"

const lanes = 1024

const bytes = 2 * lanes

/** Never changed once it is made. */
export type SetHash = Uint16Array

export const empty: SetHash = new Uint16Array(lanes)

/** A hash on its way to another. */
export class Sum {
  private readonly lanes: Uint16Array

  constructor(start: SetHash) {
    this.lanes = start.slice()
  }

  add(element: string): void {
    const stretched = stretch(element)
    for (let lane = 0; lane < lanes; lane++) this.lanes[lane] = (this.lanes[lane] ?? 0) + (stretched[lane] ?? 0)
  }

  remove(element: string): void {
    const stretched = stretch(element)
    for (let lane = 0; lane < lanes; lane++) this.lanes[lane] = (this.lanes[lane] ?? 0) - (stretched[lane] ?? 0)
  }

  get hash(): SetHash {
    return this.lanes.slice()
  }
}

const stretch = (element: string): SetHash =>
  lanesOf(createHash("shake256", { outputLength: bytes }).update(element).digest())

/** Text of 2732 characters, to be kept. */
export const toText = (hash: SetHash): string => inOrder(Buffer.copyBytesFrom(hash)).toString("base64")

export const fromText = (text: string): SetHash | undefined => {
  const kept = Buffer.from(text, "base64")
  return kept.length === bytes ? lanesOf(kept) : undefined
}

const lanesOf = (bytes: Buffer): SetHash => {
  const { buffer, byteOffset } = inOrder(bytes)
  return new Uint16Array(buffer, byteOffset, lanes)
}

/** The lanes are little-endian wherever they are kept. */
const inOrder = (bytes: Buffer): Buffer => endianness() === "BE" ? bytes.swap16() : bytes
