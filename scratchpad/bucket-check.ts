// Compares a million pseudo-random buckets with node:crypto, then times both:
//   npx node --conditions=source scratchpad/bucket-check.ts
import { createHash, hash } from "node:crypto"
import * as Bucket from "rulestead/Bucket"

const seed = 0x5eed
const checks = 1_000_000

/** Marsaglia's xorshift: the same numbers on every run. */
let state = seed
const below = (limit: number): number => {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % limit
}

const pick = <A>(items: readonly [A, ...Array<A>]): A => items[below(items.length)] ?? items[0]

const anyUnit = () => String.fromCharCode(below(0x1_0000))
const hexDigit = () => below(16).toString(16)
const lengths = [16, 16, 16, 36, 64, 200] as const
const characters = [
  hexDigit,
  hexDigit,
  hexDigit,
  () => String.fromCharCode(below(0x80)),
  () => String.fromCharCode(below(0x800)),
  anyUnit,
  () => String.fromCodePoint(0x1_0000 + below(0x10_0000)),
  () => pick(["a", "é", "漢", "😀", "\ud800", "\udc00"])
] as const

const randomText = (): string => {
  const character = pick(characters)
  return Array.from({ length: below(pick(lengths) + 1) }, character).join("")
}

const randomOptions = (): Bucket.Options => ({
  namespace: pick(["rollout", "variant", "experiment"]),
  flag: randomText(),
  rule: randomText(),
  rulesetSalt: `r${randomText()}s`,
  rolloutSalt: `r${randomText()}o`,
  bucketBy: pick(["subject", "account", "tenant", "session"])
})

const textBefore = ({ bucketBy, flag, namespace, rolloutSalt, rule, rulesetSalt }: Bucket.Options): string =>
  `v1:${namespace}:${flag}:${rule}:${rulesetSalt}:${rolloutSalt}:${bucketBy}:${namespace}:`

const bucketByCrypto = (text: string): number => {
  const digest = createHash("sha256").update(text).digest()
  return ((digest.readUInt32BE(0) % 10_000) * 7296 + digest.readUInt32BE(4) % 10_000) % 10_000
}

const check = (): number => {
  const rules = Array.from({ length: 5_000 }, () => {
    const options = randomOptions()
    return { bucketOf: Bucket.make(options), before: textBefore(options) }
  })
  let wrong = 0
  for (let round = 0; round < checks / rules.length; round++) {
    for (const { before, bucketOf } of rules) {
      const identity = randomText()
      if (bucketOf(identity) === bucketByCrypto(before + identity)) continue
      wrong++
      console.error("differs:", JSON.stringify([before, identity]))
    }
  }
  return wrong
}

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((left, right) => left - right)[numbers.length >> 1] ?? NaN

const identities = Array.from({ length: 10_000 }, () => Array.from({ length: 16 }, hexDigit).join(""))

const nanosecondsEach = (bucketOf: (identity: string) => number): number => {
  let sum = 0
  const start = process.hrtime.bigint()
  for (const identity of identities) sum += bucketOf(identity)
  const elapsed = Number(process.hrtime.bigint() - start)
  if (!(sum > 0)) throw new Error("the buckets add up to nothing")
  return elapsed / identities.length
}

const measure = (blocks: number, options: Bucket.Options): void => {
  const before = textBefore(options)
  const entries = [
    { name: "Bucket.make", bucketOf: Bucket.make(options) },
    { name: "Bucket.bucket", bucketOf: (identity: string) => Bucket.bucket({ ...options, identity }) },
    {
      name: "crypto.hash hex",
      bucketOf: (identity: string) => {
        const digest = hash("sha256", before + identity, "hex")
        const high = Number.parseInt(digest.slice(0, 8), 16)
        return ((high % 10_000) * 7296 + Number.parseInt(digest.slice(8, 16), 16) % 10_000) % 10_000
      }
    },
    {
      name: "crypto.hash buffer",
      bucketOf: (identity: string) => {
        const digest = hash("sha256", before + identity, "buffer")
        return ((digest.readUInt32BE(0) % 10_000) * 7296 + digest.readUInt32BE(4) % 10_000) % 10_000
      }
    },
    { name: "crypto.createHash", bucketOf: (identity: string) => bucketByCrypto(before + identity) }
  ].map((entry) => ({ ...entry, rounds: new Array<number>() }))
  for (let round = 0; round < 41; round++) {
    for (const { bucketOf, rounds } of entries) rounds.push(nanosecondsEach(bucketOf))
  }
  console.log(`\n${blocks} block(s) to compress after the prefix of ${Buffer.byteLength(before)} bytes`)
  const ours = median(entries[0]?.rounds ?? [])
  for (const { name, rounds } of entries) {
    const time = median(rounds)
    console.log(`${name.padEnd(20)} ${time.toFixed(0).padStart(6)} ns  ${(time / ours).toFixed(2)} x`)
  }
}

const wrong = check()
console.log(`${checks} buckets compared with node:crypto (seed ${seed}), ${wrong} differ`)
if (wrong > 0) process.exitCode = 1

const rollout = { namespace: "rollout", rule: "variant-rollout", rolloutSalt: "v1", bucketBy: "subject" } as const
measure(1, { ...rollout, flag: "checkout-redesign", rulesetSalt: "checkout" })
measure(2, { ...rollout, flag: "checkout", rulesetSalt: "rs" })
