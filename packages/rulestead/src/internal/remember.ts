/** Snapshots name the same few facts again and again: computes `compute` once for each of the first thousand names. */
export const remember = <A>(compute: (name: string) => A): (name: string) => A => {
  const known = new Map<string, A>()
  return (name) => {
    const found = known.get(name)
    if (found !== undefined) return found
    const computed = compute(name)
    if (known.size < 1000) known.set(name, computed)
    return computed
  }
}
