// What is decided, over and over, for one user after another.
import { catalogue, type Flag, scenarioFlags, unknownFlag } from "./flags.ts"

export interface Scenario {
  readonly id: string
  readonly title: string
  /** The flags that are loaded. Scenarios with the same list share what was loaded. */
  readonly flags: ReadonlyArray<Flag>
  /** The flag that is decided; all of them where there is none. */
  readonly flag?: Flag
}

const thousand = catalogue(1_000)
const { document, manyMembers, on, rollout, split, tenRules, text, thousandMembers, threeConditions } = scenarioFlags

export const scenarios: ReadonlyArray<Scenario> = [
  { id: "S1", title: "a flag that is on", flags: thousand, flag: on },
  { id: "S2", title: "an unknown flag", flags: thousand, flag: unknownFlag },
  { id: "S3", title: "one rule of three conditions", flags: thousand, flag: threeConditions },
  { id: "S4", title: "a 37 % rollout", flags: thousand, flag: rollout },
  { id: "S5", title: "ten rules, the tenth matches", flags: thousand, flag: tenRules },
  { id: "S6", title: "a split over four variants", flags: thousand, flag: split },
  { id: "S7", title: "membership in a list of 1,000 user keys", flags: [thousandMembers], flag: thousandMembers },
  { id: "S8", title: "membership in a list of 100,000 user keys", flags: [manyMembers], flag: manyMembers },
  { id: "S9", title: "all 1,000 flags for one user", flags: thousand },
  { id: "S10s", title: "a string value", flags: thousand, flag: text },
  { id: "S10j", title: "a JSON value", flags: thousand, flag: document }
]
