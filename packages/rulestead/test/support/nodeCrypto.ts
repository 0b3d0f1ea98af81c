import { createHash } from "node:crypto"

/** The bucket of a whole hash input, by Node's own SHA-256. */
export const bucketOfText = (text: string): number =>
  Number(createHash("sha256").update(text).digest().readBigUInt64BE() % 10_000n)
