// How long the event loop was kept from its next turn, at worst, while something ran.
export const longestBlock = async <A>(run: () => Promise<A>): Promise<readonly [result: A, milliseconds: number]> => {
  let longest = 0
  let last = performance.now()
  let turn: NodeJS.Immediate
  const look = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    turn = setImmediate(look)
  }
  turn = setImmediate(look)
  const result = await run()
  look()
  clearImmediate(turn)
  return [result, longest]
}
