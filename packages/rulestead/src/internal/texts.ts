/**
 * A set of very many texts, for lists such as all users of a beta. A `Set` looks at texts that only happen to share a
 * place with the one that is asked for, and each of them is somewhere else in memory: among a hundred thousand, waiting
 * for memory is nearly all that a question takes. Here most answers are found in one place, in the hashes.
 */
export class Texts {
  private readonly texts: ReadonlyArray<string>
  /** Two numbers for every place: the hash of a text, and one more than its index, so that 0 is nobody's. */
  private readonly places: Int32Array
  private readonly mask: number
  private readonly longest: number

  constructor(texts: ReadonlyArray<string>) {
    // A power of two, and at least twice as many as there are texts.
    const size = 2 ** (33 - Math.clz32(texts.length))
    this.texts = texts
    this.places = new Int32Array(2 * size)
    this.mask = size - 1
    this.longest = texts.reduce((longest, { length }) => Math.max(longest, length), 0)
    for (const [index, text] of texts.entries()) this.add(text, index)
  }

  has(text: unknown): boolean {
    if (typeof text !== "string" || text.length > this.longest) return false
    const hash = hashOf(text)
    for (let place = hash & this.mask;; place = place + 1 & this.mask) {
      const found = this.places[2 * place + 1] ?? 0
      if (found === 0) return false
      if (this.places[2 * place] === hash && this.texts[found - 1] === text) return true
    }
  }

  private add(text: string, index: number): void {
    const hash = hashOf(text)
    let place = hash & this.mask
    while (this.places[2 * place + 1] !== 0) place = place + 1 & this.mask
    this.places[2 * place] = hash
    this.places[2 * place + 1] = index + 1
  }
}

const { charCodeAt } = String.prototype

/** The 32-bit FNV-1a hash over UTF-16, mixed once more, because neighbours differ only in their last characters. */
const hashOf = (text: string): number => {
  let hash = seed
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ charCodeAt.call(text, index), 0x01000193)
  return hash ^ hash >>> 15
}

/** Of this process, so that nobody can choose names that all end up in one place. */
const seed = Math.floor(Math.random() * 2 ** 32) | 0
