/** Keys in messages: how alike they are spelt, and how many of them are named. */

/** The keys, those first that are spelt most like `word`. */
export const nearest = (word: string, keys: ReadonlyArray<string>): ReadonlyArray<string> =>
  keys
    .map((key) => ({ key, distance: distance(word, key) }))
    .sort((a, b) => a.distance - b.distance || (a.key < b.key ? -1 : 1))
    .map(({ key }) => key)

/** Those of the keys that may have been meant. */
export const meant = (word: string, keys: ReadonlyArray<string>): ReadonlyArray<string> =>
  keys.filter((key) => distance(word, key) <= Math.max(1, Math.floor(word.length / 3)))

/** How many letters have to be added, left out, replaced, or swapped with the next, to come from one to the other. */
const distance = (from: string, to: string): number => {
  let beforeLast: ReadonlyArray<number> = []
  let last: ReadonlyArray<number> = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current.push(Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(beforeLast, column - 2) + 1 : Infinity
      ))
    }
    beforeLast = last
    last = current
  }
  return at(last, to.length)
}

const at = (row: ReadonlyArray<number>, column: number): number => row[column] ?? Infinity

const most = 10

/** As `a, b, c`, and of more than ten keys `a, b, c and 7 more`. */
export const some = (keys: ReadonlyArray<string>): string =>
  keys.length <= most ? keys.join(", ") : `${keys.slice(0, most).join(", ")} and ${keys.length - most} more`
