// The least that version 1 of Rulestead's hash can cost in JavaScript: everything in front of the key is compressed
// ahead, and one block is straight-line code. Right for any key; fast for ASCII keys that fit into the last block.
import { hash } from "node:crypto"
import { compile } from "./compile.ts"

const isPrime = (number: number): boolean => {
  for (let divisor = 2; divisor * divisor <= number; divisor++) {
    if (number % divisor === 0) return false
  }
  return true
}

const primes = Array.from({ length: 312 }, (_, index) => index).filter((number) => number > 1 && isPrime(number))
const fraction = (number: number): number => Math.floor((number - Math.floor(number)) * 2 ** 32) | 0
const initialState = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)))
const constants = primes.map((prime) => fraction(Math.cbrt(prime)))

const rotated = (word: string, ...by: ReadonlyArray<number>): string =>
  by.map((bits) => `(${word} >>> ${bits} | ${word} << ${32 - bits})`).join(" ^ ")

const schedule = (round: number): string => {
  const word = (ahead: number): string => `w${(round + ahead) % 16}`
  return `${word(0)} = (${word(0)} + (${rotated(word(1), 7, 18)} ^ ${word(1)} >>> 3)`
    + ` + ${word(9)} + (${rotated(word(14), 17, 19)} ^ ${word(14)} >>> 10)) | 0`
}

const names = ["a", "b", "c", "d", "e", "f", "g", "h"]

const round = (index: number): string => {
  const name = (position: number): string => names[(position + 64 - index) % 8] ?? ""
  const [a, b, c, d, e, f, g, h] = [name(0), name(1), name(2), name(3), name(4), name(5), name(6), name(7)]
  return [
    ...(index < 16 ? [] : [schedule(index)]),
    `t = (${h} + (${rotated(e, 6, 11, 25)}) + (${e} & ${f} ^ ~${e} & ${g}) + ${constants[index]} + w${index % 16}) | 0`,
    `${d} = (${d} + t) | 0`,
    `${h} = (t + (${rotated(a, 2, 13, 22)}) + (${a} & ${b} ^ ${a} & ${c} ^ ${b} & ${c})) | 0`
  ].join("\n")
}

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n")

const rounds = lines(64, round)

const begin = [
  "let t = 0",
  lines(8, (index) => `let ${names[index]} = state[${index}]`),
  lines(16, (index) => `let w${index} = words[${index}]`)
]

/** Compresses the sixteen words into the state. */
const compress: (state: Int32Array, words: Int32Array) => void = compile(
  ["state", "words"],
  [...begin, rounds, lines(8, (index) => `state[${index}] += ${names[index]}`)].join("\n")
)

/** The bucket that compressing the last block leads to; 7296 is 2 ** 32 % 10_000. */
const finish: (state: Int32Array, words: Int32Array) => number = compile(
  ["state", "words"],
  [
    ...begin,
    rounds,
    "const high = (state[0] + a) >>> 0",
    "const low = (state[1] + b) >>> 0",
    "return (high % 10_000 * 7296 + low % 10_000) % 10_000"
  ].join("\n")
)

const words = new Int32Array(16)

const inWords = (bytes: Buffer): Int32Array =>
  Int32Array.from({ length: 16 }, (_, index) => bytes.subarray(index * 4).readInt32BE())

export const make = (prefix: string): (key: string) => number => {
  const bytes = Buffer.from(prefix)
  const position = bytes.length % 64
  const ahead = bytes.length - position
  const state = initialState.slice()
  for (let block = 0; block < ahead; block += 64) compress(state, inWords(bytes.subarray(block, block + 64)))
  const tail = inWords(Buffer.concat([bytes.subarray(ahead), Buffer.alloc(64)]))
  const full = position >> 2
  const started = tail[full] ?? 0
  const free = (~position & 3) * 8
  const room = 55 - position
  const any = (key: string): number => Number(hash("sha256", prefix + key, "buffer").readBigUInt64BE() % 10_000n)
  return (key) => {
    const { length } = key
    if (length > room) return any(key)
    let index = 0
    for (; index < full; index++) words[index] = tail[index] ?? 0
    let word = started
    let shift = free
    let seen = 0
    for (let next = 0; next < length; next++) {
      const unit = key.charCodeAt(next)
      seen |= unit
      word |= unit << shift
      shift -= 8
      if (shift < 0) {
        words[index++] = word
        word = 0
        shift = 24
      }
    }
    if (seen > 0x7f) return any(key)
    words[index++] = word | 0x80 << shift
    for (; index < 15; index++) words[index] = 0
    words[15] = bytes.length + length << 3
    return finish(state, words)
  }
}
