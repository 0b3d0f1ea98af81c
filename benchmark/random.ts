// Random numbers that are the same in every run.
export const random = (seed: number) => {
  let state = seed
  // mulberry32
  const number = (): number => {
    state = state + 0x6d2b79f5 | 0
    let mixed = Math.imul(state ^ state >>> 15, 1 | state)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
  const below = (bound: number): number => Math.floor(number() * bound)
  return {
    below,
    chance: (probability: number): boolean => number() < probability,
    pick: <A>(items: readonly [A, ...ReadonlyArray<A>]): A => items[below(items.length)] ?? items[0],
    shuffle: <A>(items: ReadonlyArray<A>): Array<A> =>
      items.map((item) => ({ item, rank: number() })).sort((a, b) => a.rank - b.rank).map(({ item }) => item)
  }
}
