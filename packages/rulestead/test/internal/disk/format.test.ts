import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { createHash } from "node:crypto"
import { property } from "../../../../../test/support/property.ts"
import * as Format from "../../../src/internal/disk/format.ts"
import * as Signature from "../../../src/internal/signature.ts"
import { emptyDigest, type Head, type StoredEntry } from "../../../src/Snapshot.ts"
import { anyString } from "../../support/strings.ts"

const head: Head = {
  schemaVersion: 1,
  environment: "prod",
  epoch: "epoch-1",
  version: 7,
  digest: emptyDigest,
  entries: 2,
  publishedAt: 1_764_000_000_000
}

const entries: ReadonlyArray<StoredEntry> = [
  { kind: "flag", key: "checkout", version: 7, hash: "a".repeat(64), content: "{\"key\":\"checkout\"}" },
  { kind: "audience", key: "beta", version: 3, hash: "b".repeat(64), content: "{\"key\":\"beta\"}" }
]

const backup: Format.Backup = { application: "shop", writtenAt: 1_764_000_000_001, head, entries }

const encode = (backup: Format.Backup) => Format.encode(backup, { length: 8, sign: () => "unsigned" })

const decode = (bytes: Buffer) => Format.decode(bytes, Signature.none.verify, () => undefined)

const faultOf = (bytes: Buffer) => Effect.flip(decode(bytes))

const versions = (format: number, schema: number): string =>
  `rulestead-backup ${String(format).padStart(4, "0")} ${String(schema).padStart(4, "0")} `

const digits = (length: number): string => String(length).padStart(16, "0")

/** What a backup would be that was written with this content: its lengths and its checksum are right. */
const consistent = (content: string, begin = versions(1, 1)): Buffer => {
  const signed = begin.length + 34 + Buffer.byteLength(content)
  const text = `${begin}${digits(signed + 9 + 65)} ${digits(signed)}\n${content}unsigned\n`
  return Buffer.from(`${text}${createHash("sha256").update(text).digest("hex")}\n`)
}

const headerLine = `${JSON.stringify({ application: "", writtenAt: 0, head: { ...head, entries: 1 } })}\n`

const anyEntry: fc.Arbitrary<StoredEntry> = fc.record({
  kind: fc.constantFrom("flag", "audience"),
  key: anyString,
  version: fc.maxSafeNat(),
  hash: anyString,
  content: fc.option(anyString)
})

const anyBackup: fc.Arbitrary<Format.Backup> = fc.record({
  application: anyString,
  writtenAt: fc.maxSafeNat(),
  head: fc.record({
    schemaVersion: fc.constant(1),
    environment: fc.constantFrom("prod", "staging-2"),
    epoch: anyString.map((text) => `e${text}`),
    version: fc.maxSafeNat(),
    digest: anyString,
    publishedAt: fc.maxSafeNat()
  }),
  entries: fc.array(anyEntry, { maxLength: 20 })
}).map(({ head, ...backup }) => ({ ...backup, head: { ...head, entries: backup.entries.length } }))

describe("format", () => {
  it.effect("reads what it wrote, whatever the texts", () =>
    property(
      anyBackup,
      Effect.fnUntraced(function*(backup) {
        assert.deepStrictEqual(yield* decode(yield* encode(backup)), backup)
      }),
      { numRuns: 300 }
    ))

  it.effect("keeps an entry of several pieces", () =>
    Effect.gen(function*() {
      const large = { ...backup, entries: entries.map((entry) => ({ ...entry, content: "é".repeat(1_500_000) })) }
      assert.deepStrictEqual(yield* decode(yield* encode(large)), large)
    }))

  it.effect("is text that can be read", () =>
    Effect.gen(function*() {
      const lines = (yield* encode(backup)).toString().split("\n")
      assert.match(lines[0] ?? "", /^rulestead-backup 0001 0001 \d{16} \d{16}$/)
      assert.deepStrictEqual(lines.slice(1, 7), [
        JSON.stringify({ application: "shop", writtenAt: 1_764_000_000_001, head }),
        JSON.stringify(["flag", "checkout", 7, "a".repeat(64), 18, "utf8"]),
        "{\"key\":\"checkout\"}",
        JSON.stringify(["audience", "beta", 3, "b".repeat(64), 14, "utf8"]),
        "{\"key\":\"beta\"}",
        "unsigned"
      ])
      assert.match(lines[7] ?? "", /^[0-9a-f]{64}$/)
      assert.deepStrictEqual(lines.slice(8), [""])
    }))

  it.effect("notices any change of any byte", () =>
    Effect.gen(function*() {
      const bytes = yield* encode(backup)
      const found = new Set<string>()
      for (let offset = 0; offset < bytes.length; offset++) {
        for (const pattern of [1, 2, 4, 8, 16, 32, 64, 128, 255, 48, 5]) {
          const damaged = Buffer.from(bytes)
          damaged[offset] = (damaged[offset] ?? 0) ^ pattern
          found.add(yield* faultOf(damaged))
        }
      }
      assert.deepStrictEqual([...found].sort(), ["checksum", "format", "malformed", "truncated"])
    }))

  it.effect("notices any missing end", () =>
    Effect.gen(function*() {
      const bytes = yield* encode(backup)
      for (let length = 0; length < bytes.length; length++) {
        assert.strictEqual(yield* faultOf(bytes.subarray(0, length)), "truncated")
      }
    }))

  it.effect("notices what was appended", () =>
    Effect.gen(function*() {
      const bytes = yield* encode(backup)
      for (const more of [Buffer.from("\n"), Buffer.alloc(1), Buffer.alloc(100, 32), bytes]) {
        assert.strictEqual(yield* faultOf(Buffer.concat([bytes, more])), "malformed")
      }
    }))

  it.effect("refuses every other content, even if its checksum is right", () =>
    property(
      fc.tuple(
        fc.boolean(),
        fc.array(
          fc.oneof(
            anyString,
            anyEntry.map(({ content, hash, key, kind, version }) =>
              JSON.stringify([kind, key, version, hash, content])
            ),
            fc.tuple(fc.nat(40), fc.constantFrom("utf8", "utf16le", "latin1")).map(([length, encoding]) =>
              JSON.stringify(["flag", "a", 1, "", length, encoding])
            )
          ),
          { maxLength: 4 }
        )
      ),
      Effect.fnUntraced(function*([hasHeader, lines]) {
        const content = (hasHeader ? headerLine : "") + lines.join("\n")
        const result = yield* Effect.result(decode(consistent(content)))
        if (result._tag === "Failure") assert.strictEqual(result.failure, "malformed")
        else assert.strictEqual(result.success.entries.length, 1)
      }),
      { numRuns: 500 }
    ))

  it.effect("refuses lengths that cannot be", () =>
    Effect.gen(function*() {
      const total = 300
      for (const lengths of [[total, 0], [total, 59], [total, 235], [total, 300], [total, 9e15]]) {
        const first = `${versions(1, 1)}${lengths.map(digits).join(" ")}\n`
        assert.strictEqual(yield* faultOf(Buffer.from(first.padEnd(total))), "malformed")
      }
      for (const bad of ["0000000000000NaN", "000000000000-300", "0000000000001e3 ", "0x0000000000012c"]) {
        assert.strictEqual(yield* faultOf(Buffer.from(`${versions(1, 1)}${bad} ${bad}\n`.padEnd(total))), "malformed")
      }
    }))

  it.effect("knows what newer code wrote, whatever follows", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* faultOf(consistent("anything", versions(2, 1))), "format")
      assert.strictEqual(yield* faultOf(consistent("anything", versions(1, 2))), "format")
      assert.strictEqual(yield* faultOf(Buffer.from(`${versions(2, 1)}${"?".repeat(100)}`)), "format")
      assert.strictEqual(yield* faultOf(consistent(headerLine, versions(0, 1))), "malformed")
    }))

  it.effect("refuses fewer or more entries than the head says", () =>
    Effect.gen(function*() {
      for (const count of [0, 1, 3]) {
        const other = yield* encode({ ...backup, head: { ...head, entries: count } })
        assert.strictEqual(yield* faultOf(other), "malformed")
      }
    }))

  it.effect("asks about the header before it reads the entries", () =>
    Effect.gen(function*() {
      const bytes = consistent(`${headerLine}no entry\n`)
      assert.strictEqual(yield* Effect.flip(Format.decode(bytes, () => true, () => "expired")), "expired")
    }))

  it.effect("parses nothing that is not signed", () =>
    Effect.gen(function*() {
      const bytes = consistent("no header\n")
      assert.strictEqual(yield* Effect.flip(Format.decode(bytes, () => false, () => undefined)), "signature")
    }))
})
