/**
 * A backup as bytes. They are lines, so that a person can look into a file, with lengths, so that a program need not
 * search:
 *
 *     rulestead-backup 0001 0001 <bytes in all> <bytes above the signature>
 *     {"application":"","writtenAt":1764000000000,"head":{...}}
 *     ["flag","checkout-redesign",42,"<hash>",215,"utf8"]       for every entry, and below it
 *     {"key":"checkout-redesign",...}                           its content
 *     unsigned
 *     <SHA-256 of everything above, in hex>
 *
 * The numbers in the first line are the versions of this format and of the snapshot in it. Nothing below that line is
 * parsed before the checksum and the signature were found right.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { createHash, type Hash } from "node:crypto"
import { Head, type Kind, schemaVersion, type StoredEntry } from "../../Snapshot.ts"
import type { Fault } from "../../SnapshotBackup.ts"
import type { Signer, Verify } from "../signature.ts"
import * as Slices from "../slices.ts"

export const formatVersion = 1

export interface Header {
  readonly application: string
  /** Milliseconds since 1970, by the clock of the node that wrote it. */
  readonly writtenAt: number
  readonly head: Head
}

export interface Backup extends Header {
  readonly entries: ReadonlyArray<StoredEntry>
}

const decodeHeader = Schema.decodeUnknownEffect(
  Schema.fromJsonString(Schema.Struct({ application: Schema.String, writtenAt: Schema.Finite, head: Head }))
)

/** UTF-8 cannot carry half a surrogate pair; a text that has one is kept in UTF-16. */
type Encoding = "utf8" | "utf16le"

/** Kind, key, version, hash; length of the content in bytes, `null` for an entry that has none; its encoding. */
type EntryLine = readonly [Kind, string, number, string, number | null, Encoding]

const isNatural = (input: unknown): boolean => Number.isSafeInteger(input) && Number(input) >= 0

const isList = (input: unknown): input is ReadonlyArray<unknown> => Array.isArray(input)

/** By hand, because there is one for every flag. */
const isEntryLine = (input: unknown): input is EntryLine => {
  if (!isList(input) || input.length !== 6) return false
  const [kind, key, version, hash, length, encoding] = input
  return (kind === "flag" || kind === "audience") &&
    typeof key === "string" &&
    isNatural(version) &&
    typeof hash === "string" &&
    (length === null || isNatural(length)) &&
    (encoding === "utf8" || encoding === "utf16le")
}

const newline = 10

const versionsOf = (format: number, schema: number): string =>
  `rulestead-backup ${String(format).padStart(4, "0")} ${String(schema).padStart(4, "0")}`

const preambleOf = (schema: number, total: number, signed: number): string =>
  `${versionsOf(formatVersion, schema)} ${String(total).padStart(16, "0")} ${String(signed).padStart(16, "0")}\n`

const preambleBytes = preambleOf(schemaVersion, 0, 0).length

/** The last line: 64 hexadecimal digits. */
const checksumBytes = 65

/** The bytes of a backup. The event loop gets its turns meanwhile. */
export const encode = Effect.fnUntraced(function*(backup: Backup, signer: Signer) {
  const { application, head, writtenAt } = backup
  const header = `${JSON.stringify({ application, writtenAt, head })}\n`
  const frames: Array<Frame> = []
  let signed = preambleBytes + Buffer.byteLength(header)
  yield* Slices.forEach<StoredEntry, never>(backup.entries, (entry) => {
    const frame = frameOf(entry)
    frames.push(frame)
    signed += Buffer.byteLength(frame.line) + frame.bytes + 1
  })
  const total = signed + signer.length + 1 + checksumBytes
  const bytes = Buffer.allocUnsafeSlow(total)
  let end = bytes.write(preambleOf(head.schemaVersion, total, signed))
  end += bytes.write(header, end)
  yield* Slices.forEach<Frame, never>(frames, ({ content, encoding, line }) => {
    end += bytes.write(line, end)
    end += bytes.write(content, end, encoding)
    end = bytes.writeUInt8(newline, end)
  })
  const hash = createHash("sha256")
  yield* absorb(hash, bytes.subarray(0, signed))
  end += bytes.write(`${signer.sign(hash.copy().digest())}\n`, end)
  hash.update(bytes.subarray(signed, end))
  bytes.write(`${hash.digest("hex")}\n`, end)
  return bytes
})

interface Frame {
  readonly line: string
  readonly content: string
  readonly encoding: Encoding
  readonly bytes: number
}

const frameOf = ({ content, hash, key, kind, version }: StoredEntry): Frame => {
  const text = content ?? ""
  const encoding = text.isWellFormed() ? "utf8" : "utf16le"
  const bytes = Buffer.byteLength(text, encoding)
  const line = `${JSON.stringify([kind, key, version, hash, content === null ? null : bytes, encoding])}\n`
  return { line, content: text, encoding, bytes }
}

/** The backup that `bytes` are, if nothing of it is damaged and `objection` finds none to its header. */
export const decode = Effect.fnUntraced(function*(
  bytes: Buffer,
  verify: Verify,
  objection: (header: Header) => Fault | undefined
): Effect.fn.Return<Backup, Fault> {
  const signed = yield* Effect.fromResult(frame(bytes))
  yield* authenticate(bytes, signed, verify)
  const body = bytes.subarray(0, signed)
  const entriesAt = body.indexOf(newline, preambleBytes) + 1
  const header = yield* Effect.mapError(
    decodeHeader(body.toString("utf8", preambleBytes, entriesAt)),
    () => "malformed" as const
  )
  const fault = objection(header)
  if (fault !== undefined) return yield* refuse(fault)
  const entries: Array<StoredEntry> = []
  yield* Slices.forEach(entriesIn(body, entriesAt), (entry) => {
    if (entry === "malformed") return entry
    entries.push(entry)
    return undefined
  })
  return entries.length === header.head.entries ? { ...header, entries } : yield* refuse("malformed")
})

const refuse = (fault: Fault): Effect.Effect<never, Fault> => Effect.fail(fault)

/** Where the signature begins, if the first line can be true of that many bytes. */
const frame = (bytes: Buffer): Result.Result<number, Fault> => {
  const preamble = bytes.toString("latin1", 0, preambleBytes)
  if (preamble.length < preambleBytes) return Result.fail("truncated")
  const [, format, schema, lengths = ""] = /^rulestead-backup (\d{4}) (\d{4}) (.*)$/s.exec(preamble) ?? []
  if (Number(format) > formatVersion || Number(schema) > schemaVersion) return Result.fail("format")
  if (Number(format) !== formatVersion || !/^\d{16} \d{16}\n$/.test(lengths)) return Result.fail("malformed")
  const [total = 0, signed = 0] = lengths.split(" ").map(Number)
  if (bytes.length < total) return Result.fail("truncated")
  const isPossible = bytes.length === total && signed >= preambleBytes && signed < total - checksumBytes
  return isPossible ? Result.succeed(signed) : Result.fail("malformed")
}

const authenticate = Effect.fnUntraced(function*(
  bytes: Buffer,
  signed: number,
  verify: Verify
): Effect.fn.Return<void, Fault> {
  const checksumAt = bytes.length - checksumBytes
  const hash = createHash("sha256")
  yield* absorb(hash, bytes.subarray(0, signed))
  const digest = hash.copy().digest()
  const checksum = hash.update(bytes.subarray(signed, checksumAt)).digest("hex")
  if (bytes.toString("latin1", checksumAt) !== `${checksum}\n`) return yield* refuse("checksum")
  if (!verify(digest, bytes.toString("latin1", signed, checksumAt - 1))) return yield* refuse("signature")
})

const absorb = (hash: Hash, bytes: Buffer): Effect.Effect<void> =>
  Slices.forEach<Buffer, never>(pieces(bytes), (piece) => {
    hash.update(piece)
  })

const pieceBytes = 1 << 18

function* pieces(bytes: Buffer): Iterable<Buffer> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes)
}

function* entriesIn(bytes: Buffer, start: number): Iterable<StoredEntry | "malformed"> {
  while (start < bytes.length) {
    const contentAt = bytes.indexOf(newline, start) + 1
    const line = parse(bytes.toString("utf8", start, contentAt))
    const end = contentAt + (line?.[4] ?? 0)
    if (line === undefined || bytes[end] !== newline) {
      yield "malformed"
      return
    }
    const [kind, key, version, hash, length, encoding] = line
    yield { kind, key, version, hash, content: length === null ? null : bytes.toString(encoding, contentAt, end) }
    start = end + 1
  }
}

const parse = (text: string): EntryLine | undefined => {
  const line = Result.try((): unknown => JSON.parse(text))
  return Result.isSuccess(line) && isEntryLine(line.success) ? line.success : undefined
}
