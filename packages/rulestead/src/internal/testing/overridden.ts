/**
 * A cache some of whose flags are decided beforehand.
 */
import type { SnapshotCache } from "../../SnapshotCache.ts"
import type { Decided } from "../../testing.ts"
import * as DecidedFlag from "./decidedFlag.ts"

type Cache = SnapshotCache["Service"]

export const overridden = (
  cache: Cache,
  decided: () => ReadonlyMap<string, Decided>
): Pick<Cache, "find" | "findAll" | "flags"> => {
  const over = (flags: ReturnType<Cache["flags"]>): ReturnType<Cache["flags"]> =>
    new Map([...flags, ...Array.from(decided(), ([flag, known]) => [flag, DecidedFlag.make(flag, known)] as const)])
  return {
    find: (flag) => {
      const known = decided().get(flag)
      return known === undefined ? cache.find(flag) : DecidedFlag.make(flag, known)
    },
    findAll: () => over(cache.findAll()),
    flags: () => over(cache.flags())
  }
}
