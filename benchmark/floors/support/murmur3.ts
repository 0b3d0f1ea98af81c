// The 32-bit murmur hash over UTF-16 code units, as far as the text in front of the key, and then over the key.
const mix = (hash: number, word: number): number => {
  const mixed = Math.imul(word, 0xcc9e2d51)
  const folded = hash ^ Math.imul(mixed << 15 | mixed >>> 17, 0x1b873593)
  return Math.imul(folded << 13 | folded >>> 19, 5) + 0xe6546b64 | 0
}

const hash = (seed: number, text: string): number => {
  let state = seed
  const { length } = text
  let index = 0
  for (; index + 1 < length; index += 2) state = mix(state, text.charCodeAt(index) | text.charCodeAt(index + 1) << 16)
  if (index < length) state = mix(state, text.charCodeAt(index))
  state ^= length
  state = Math.imul(state ^ state >>> 16, 0x85ebca6b)
  state = Math.imul(state ^ state >>> 13, 0xc2b2ae35)
  return (state ^ state >>> 16) >>> 0
}

export const make = (prefix: string): (key: string) => number => {
  const seed = hash(0, prefix)
  return (key) => hash(seed, key) % 10_000
}
