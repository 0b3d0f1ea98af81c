/**
 * SHA-256 (FIPS 180-4) for one purpose: bucketing. Many short identities are hashed after the same prefix, and only the
 * first eight bytes of the digest count, modulo 10,000. The full 64-byte blocks of the prefix are compressed once, ahead.
 *
 * Nothing is allocated per text: the block being filled and the chaining state live in this module. That is safe because
 * no function here waits or calls back.
 */

/** Where hashing stands after a prefix. */
export class Midstate {
  /** The chaining state after the full blocks of the prefix. */
  readonly state: Int32Array
  /** The bytes of the prefix that fill no block yet, then zeros. */
  readonly words: Int32Array
  /** The bytes of the whole prefix. */
  readonly length: number

  constructor(state: Int32Array, words: Int32Array, length: number) {
    this.state = state
    this.words = words
    this.length = length
  }
}

/** The prefix and what follows it are encoded apart: a surrogate pair must not be split between the two. */
export const midstate = (prefix: string): Midstate => {
  state.set(initialState)
  words.fill(0)
  const length = absorb(0, prefix)
  return new Midstate(state.slice(), words.slice(0, 16), length)
}

/** The first eight bytes of the digest of the prefix and `text`, as an unsigned big-endian number, modulo 10,000. */
export const bucket = (prefix: Midstate, text: string): number => {
  for (let i = 0; i < 8; i++) state[i] = prefix.state[i] ?? 0
  for (let i = 0; i < 16; i++) words[i] = prefix.words[i] ?? 0
  finish(absorb(prefix.length, text))
  const high = (state[0] ?? 0) >>> 0
  const low = (state[1] ?? 0) >>> 0
  // 7296 is 2 ** 32 % 10_000
  return ((high % 10_000) * 7296 + low % 10_000) % 10_000
}

const state = new Int32Array(8)

/** The block being filled, and room for the bytes of a character that crosses its end. */
const buffer = new ArrayBuffer(68)
const bytes = new Uint8Array(buffer)
const words = new Int32Array(buffer)
const block = new DataView(buffer)

// Written `text.charCodeAt(index)`, V8 looks the method up again for every character once it has met strings of several
// internal representations, and that takes longer than hashing the character.
const { charCodeAt, codePointAt } = String.prototype

/** Appends `text` in UTF-8 to the `length` bytes hashed so far and returns the new length. */
const absorb = (length: number, text: string): number => {
  const end = text.length
  let position = length & 63
  let blocks = length - position
  for (let index = 0; index < end; index++) {
    const unit = charCodeAt.call(text, index)
    if (unit < 0x80) {
      bytes[position++] = unit
    } else {
      const point = codePointAt.call(text, index) ?? 0
      if (point > 0xffff) index++
      position = encode(position, point)
    }
    if (position >= 64) {
      nextBlock()
      position -= 64
      blocks += 64
    }
  }
  return blocks + position
}

/** Writes a character that is not ASCII; a lone surrogate becomes U+FFFD. */
const encode = (position: number, point: number): number => {
  if (point < 0x800) {
    bytes[position++] = 0xc0 | point >> 6
  } else if (point > 0xffff) {
    bytes[position++] = 0xf0 | point >> 18
    bytes[position++] = 0x80 | point >> 12 & 0x3f
    bytes[position++] = 0x80 | point >> 6 & 0x3f
  } else {
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd
    bytes[position++] = 0xe0 | point >> 12
    bytes[position++] = 0x80 | point >> 6 & 0x3f
  }
  bytes[position++] = 0x80 | point & 0x3f
  return position
}

/** Compresses the full block and begins the next one with the bytes that went beyond its end. */
const nextBlock = (): void => {
  compress()
  words[0] = words[16] ?? 0
  words.fill(0, 1)
}

/** Pads: a one bit, zeros, and the length in bits as the last eight bytes of a block. */
const finish = (length: number): void => {
  const position = length & 63
  bytes[position] = 0x80
  if (position >= 56) nextBlock()
  block.setInt32(56, length / 0x2000_0000)
  block.setInt32(60, length << 3)
  compress()
}

/** The fractional parts of the square roots of the first 8 primes. */
// dprint-ignore
const initialState = Int32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
)

/** The fractional parts of the cube roots of the first 64 primes. */
// dprint-ignore
const constants = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
)

/**
 * Mixes the block into the state in 64 rounds, 16 at a turn. A round of the standard moves each of `a` to `h` on by one;
 * here the names move instead, from one line to the next, and are back in place after eight. The message schedule is the
 * sixteen words that the turn needs, in variables. As the plain loop of the standard it takes a fifth longer, and with the
 * sums in functions of their own three times as long, because V8 stops inlining them. A round waits for what the one
 * before it has just worked out, so what is made of that is added last: the other way round takes a quarter longer.
 */
const compress = (): void => {
  let a = state[0] ?? 0
  let b = state[1] ?? 0
  let c = state[2] ?? 0
  let d = state[3] ?? 0
  let e = state[4] ?? 0
  let f = state[5] ?? 0
  let g = state[6] ?? 0
  let h = state[7] ?? 0
  let w0 = block.getInt32(0)
  let w1 = block.getInt32(4)
  let w2 = block.getInt32(8)
  let w3 = block.getInt32(12)
  let w4 = block.getInt32(16)
  let w5 = block.getInt32(20)
  let w6 = block.getInt32(24)
  let w7 = block.getInt32(28)
  let w8 = block.getInt32(32)
  let w9 = block.getInt32(36)
  let w10 = block.getInt32(40)
  let w11 = block.getInt32(44)
  let w12 = block.getInt32(48)
  let w13 = block.getInt32(52)
  let w14 = block.getInt32(56)
  let w15 = block.getInt32(60)
  for (let t = 0;; t += 16) {
    h = (h + w0 + (constants[t] ?? 0) + (g ^ (e & (f ^ g))) +
      ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7))) | 0
    d = (d + h) | 0
    h = (h + ((a & b) ^ (c & (a ^ b))) + ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10))) | 0
    g = (g + w1 + (constants[t + 1] ?? 0) + (f ^ (d & (e ^ f))) +
      ((d >>> 6 | d << 26) ^ (d >>> 11 | d << 21) ^ (d >>> 25 | d << 7))) | 0
    c = (c + g) | 0
    g = (g + ((h & a) ^ (b & (h ^ a))) + ((h >>> 2 | h << 30) ^ (h >>> 13 | h << 19) ^ (h >>> 22 | h << 10))) | 0
    f = (f + w2 + (constants[t + 2] ?? 0) + (e ^ (c & (d ^ e))) +
      ((c >>> 6 | c << 26) ^ (c >>> 11 | c << 21) ^ (c >>> 25 | c << 7))) | 0
    b = (b + f) | 0
    f = (f + ((g & h) ^ (a & (g ^ h))) + ((g >>> 2 | g << 30) ^ (g >>> 13 | g << 19) ^ (g >>> 22 | g << 10))) | 0
    e = (e + w3 + (constants[t + 3] ?? 0) + (d ^ (b & (c ^ d))) +
      ((b >>> 6 | b << 26) ^ (b >>> 11 | b << 21) ^ (b >>> 25 | b << 7))) | 0
    a = (a + e) | 0
    e = (e + ((f & g) ^ (h & (f ^ g))) + ((f >>> 2 | f << 30) ^ (f >>> 13 | f << 19) ^ (f >>> 22 | f << 10))) | 0
    d = (d + w4 + (constants[t + 4] ?? 0) + (c ^ (a & (b ^ c))) +
      ((a >>> 6 | a << 26) ^ (a >>> 11 | a << 21) ^ (a >>> 25 | a << 7))) | 0
    h = (h + d) | 0
    d = (d + ((e & f) ^ (g & (e ^ f))) + ((e >>> 2 | e << 30) ^ (e >>> 13 | e << 19) ^ (e >>> 22 | e << 10))) | 0
    c = (c + w5 + (constants[t + 5] ?? 0) + (b ^ (h & (a ^ b))) +
      ((h >>> 6 | h << 26) ^ (h >>> 11 | h << 21) ^ (h >>> 25 | h << 7))) | 0
    g = (g + c) | 0
    c = (c + ((d & e) ^ (f & (d ^ e))) + ((d >>> 2 | d << 30) ^ (d >>> 13 | d << 19) ^ (d >>> 22 | d << 10))) | 0
    b = (b + w6 + (constants[t + 6] ?? 0) + (a ^ (g & (h ^ a))) +
      ((g >>> 6 | g << 26) ^ (g >>> 11 | g << 21) ^ (g >>> 25 | g << 7))) | 0
    f = (f + b) | 0
    b = (b + ((c & d) ^ (e & (c ^ d))) + ((c >>> 2 | c << 30) ^ (c >>> 13 | c << 19) ^ (c >>> 22 | c << 10))) | 0
    a = (a + w7 + (constants[t + 7] ?? 0) + (h ^ (f & (g ^ h))) +
      ((f >>> 6 | f << 26) ^ (f >>> 11 | f << 21) ^ (f >>> 25 | f << 7))) | 0
    e = (e + a) | 0
    a = (a + ((b & c) ^ (d & (b ^ c))) + ((b >>> 2 | b << 30) ^ (b >>> 13 | b << 19) ^ (b >>> 22 | b << 10))) | 0
    h = (h + w8 + (constants[t + 8] ?? 0) + (g ^ (e & (f ^ g))) +
      ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7))) | 0
    d = (d + h) | 0
    h = (h + ((a & b) ^ (c & (a ^ b))) + ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10))) | 0
    g = (g + w9 + (constants[t + 9] ?? 0) + (f ^ (d & (e ^ f))) +
      ((d >>> 6 | d << 26) ^ (d >>> 11 | d << 21) ^ (d >>> 25 | d << 7))) | 0
    c = (c + g) | 0
    g = (g + ((h & a) ^ (b & (h ^ a))) + ((h >>> 2 | h << 30) ^ (h >>> 13 | h << 19) ^ (h >>> 22 | h << 10))) | 0
    f = (f + w10 + (constants[t + 10] ?? 0) + (e ^ (c & (d ^ e))) +
      ((c >>> 6 | c << 26) ^ (c >>> 11 | c << 21) ^ (c >>> 25 | c << 7))) | 0
    b = (b + f) | 0
    f = (f + ((g & h) ^ (a & (g ^ h))) + ((g >>> 2 | g << 30) ^ (g >>> 13 | g << 19) ^ (g >>> 22 | g << 10))) | 0
    e = (e + w11 + (constants[t + 11] ?? 0) + (d ^ (b & (c ^ d))) +
      ((b >>> 6 | b << 26) ^ (b >>> 11 | b << 21) ^ (b >>> 25 | b << 7))) | 0
    a = (a + e) | 0
    e = (e + ((f & g) ^ (h & (f ^ g))) + ((f >>> 2 | f << 30) ^ (f >>> 13 | f << 19) ^ (f >>> 22 | f << 10))) | 0
    d = (d + w12 + (constants[t + 12] ?? 0) + (c ^ (a & (b ^ c))) +
      ((a >>> 6 | a << 26) ^ (a >>> 11 | a << 21) ^ (a >>> 25 | a << 7))) | 0
    h = (h + d) | 0
    d = (d + ((e & f) ^ (g & (e ^ f))) + ((e >>> 2 | e << 30) ^ (e >>> 13 | e << 19) ^ (e >>> 22 | e << 10))) | 0
    c = (c + w13 + (constants[t + 13] ?? 0) + (b ^ (h & (a ^ b))) +
      ((h >>> 6 | h << 26) ^ (h >>> 11 | h << 21) ^ (h >>> 25 | h << 7))) | 0
    g = (g + c) | 0
    c = (c + ((d & e) ^ (f & (d ^ e))) + ((d >>> 2 | d << 30) ^ (d >>> 13 | d << 19) ^ (d >>> 22 | d << 10))) | 0
    b = (b + w14 + (constants[t + 14] ?? 0) + (a ^ (g & (h ^ a))) +
      ((g >>> 6 | g << 26) ^ (g >>> 11 | g << 21) ^ (g >>> 25 | g << 7))) | 0
    f = (f + b) | 0
    b = (b + ((c & d) ^ (e & (c ^ d))) + ((c >>> 2 | c << 30) ^ (c >>> 13 | c << 19) ^ (c >>> 22 | c << 10))) | 0
    a = (a + w15 + (constants[t + 15] ?? 0) + (h ^ (f & (g ^ h))) +
      ((f >>> 6 | f << 26) ^ (f >>> 11 | f << 21) ^ (f >>> 25 | f << 7))) | 0
    e = (e + a) | 0
    a = (a + ((b & c) ^ (d & (b ^ c))) + ((b >>> 2 | b << 30) ^ (b >>> 13 | b << 19) ^ (b >>> 22 | b << 10))) | 0
    if (t === 48) break
    w0 = (w0 + w9 + ((w1 >>> 7 | w1 << 25) ^ (w1 >>> 18 | w1 << 14) ^ (w1 >>> 3)) +
      ((w14 >>> 17 | w14 << 15) ^ (w14 >>> 19 | w14 << 13) ^ (w14 >>> 10))) | 0
    w1 = (w1 + w10 + ((w2 >>> 7 | w2 << 25) ^ (w2 >>> 18 | w2 << 14) ^ (w2 >>> 3)) +
      ((w15 >>> 17 | w15 << 15) ^ (w15 >>> 19 | w15 << 13) ^ (w15 >>> 10))) | 0
    w2 = (w2 + w11 + ((w3 >>> 7 | w3 << 25) ^ (w3 >>> 18 | w3 << 14) ^ (w3 >>> 3)) +
      ((w0 >>> 17 | w0 << 15) ^ (w0 >>> 19 | w0 << 13) ^ (w0 >>> 10))) | 0
    w3 = (w3 + w12 + ((w4 >>> 7 | w4 << 25) ^ (w4 >>> 18 | w4 << 14) ^ (w4 >>> 3)) +
      ((w1 >>> 17 | w1 << 15) ^ (w1 >>> 19 | w1 << 13) ^ (w1 >>> 10))) | 0
    w4 = (w4 + w13 + ((w5 >>> 7 | w5 << 25) ^ (w5 >>> 18 | w5 << 14) ^ (w5 >>> 3)) +
      ((w2 >>> 17 | w2 << 15) ^ (w2 >>> 19 | w2 << 13) ^ (w2 >>> 10))) | 0
    w5 = (w5 + w14 + ((w6 >>> 7 | w6 << 25) ^ (w6 >>> 18 | w6 << 14) ^ (w6 >>> 3)) +
      ((w3 >>> 17 | w3 << 15) ^ (w3 >>> 19 | w3 << 13) ^ (w3 >>> 10))) | 0
    w6 = (w6 + w15 + ((w7 >>> 7 | w7 << 25) ^ (w7 >>> 18 | w7 << 14) ^ (w7 >>> 3)) +
      ((w4 >>> 17 | w4 << 15) ^ (w4 >>> 19 | w4 << 13) ^ (w4 >>> 10))) | 0
    w7 = (w7 + w0 + ((w8 >>> 7 | w8 << 25) ^ (w8 >>> 18 | w8 << 14) ^ (w8 >>> 3)) +
      ((w5 >>> 17 | w5 << 15) ^ (w5 >>> 19 | w5 << 13) ^ (w5 >>> 10))) | 0
    w8 = (w8 + w1 + ((w9 >>> 7 | w9 << 25) ^ (w9 >>> 18 | w9 << 14) ^ (w9 >>> 3)) +
      ((w6 >>> 17 | w6 << 15) ^ (w6 >>> 19 | w6 << 13) ^ (w6 >>> 10))) | 0
    w9 = (w9 + w2 + ((w10 >>> 7 | w10 << 25) ^ (w10 >>> 18 | w10 << 14) ^ (w10 >>> 3)) +
      ((w7 >>> 17 | w7 << 15) ^ (w7 >>> 19 | w7 << 13) ^ (w7 >>> 10))) | 0
    w10 = (w10 + w3 + ((w11 >>> 7 | w11 << 25) ^ (w11 >>> 18 | w11 << 14) ^ (w11 >>> 3)) +
      ((w8 >>> 17 | w8 << 15) ^ (w8 >>> 19 | w8 << 13) ^ (w8 >>> 10))) | 0
    w11 = (w11 + w4 + ((w12 >>> 7 | w12 << 25) ^ (w12 >>> 18 | w12 << 14) ^ (w12 >>> 3)) +
      ((w9 >>> 17 | w9 << 15) ^ (w9 >>> 19 | w9 << 13) ^ (w9 >>> 10))) | 0
    w12 = (w12 + w5 + ((w13 >>> 7 | w13 << 25) ^ (w13 >>> 18 | w13 << 14) ^ (w13 >>> 3)) +
      ((w10 >>> 17 | w10 << 15) ^ (w10 >>> 19 | w10 << 13) ^ (w10 >>> 10))) | 0
    w13 = (w13 + w6 + ((w14 >>> 7 | w14 << 25) ^ (w14 >>> 18 | w14 << 14) ^ (w14 >>> 3)) +
      ((w11 >>> 17 | w11 << 15) ^ (w11 >>> 19 | w11 << 13) ^ (w11 >>> 10))) | 0
    w14 = (w14 + w7 + ((w15 >>> 7 | w15 << 25) ^ (w15 >>> 18 | w15 << 14) ^ (w15 >>> 3)) +
      ((w12 >>> 17 | w12 << 15) ^ (w12 >>> 19 | w12 << 13) ^ (w12 >>> 10))) | 0
    w15 = (w15 + w8 + ((w0 >>> 7 | w0 << 25) ^ (w0 >>> 18 | w0 << 14) ^ (w0 >>> 3)) +
      ((w13 >>> 17 | w13 << 15) ^ (w13 >>> 19 | w13 << 13) ^ (w13 >>> 10))) | 0
  }
  state[0] = (state[0] ?? 0) + a
  state[1] = (state[1] ?? 0) + b
  state[2] = (state[2] ?? 0) + c
  state[3] = (state[3] ?? 0) + d
  state[4] = (state[4] ?? 0) + e
  state[5] = (state[5] ?? 0) + f
  state[6] = (state[6] ?? 0) + g
  state[7] = (state[7] ?? 0) + h
}
