import type { Announcement } from "rulestead/SnapshotFeed"

/** One channel tells of all environments in a schema. */
export const channel = (schema: string): string => schema

/** What to notify when a snapshot is committed. */
export const encode = (committed: { readonly environment: string; readonly version: number }): string =>
  `${committed.version} ${committed.environment}`

const payloads = /^(\d{1,15}) (.+)$/

/** What a payload means for those who wait for an environment. Anybody can notify: what is not ours means nothing. */
export const decode = (environment: string, payload: string): ReadonlyArray<Announcement> => {
  const [, version, announced] = payloads.exec(payload) ?? []
  return announced === environment ? [{ _tag: "Announced", version: Number(version) }] : []
}
