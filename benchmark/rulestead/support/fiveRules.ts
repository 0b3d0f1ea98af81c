import type { Flag, Rule } from "../../flags.ts"

const rule = (flag: number, position: number): Rule => ({
  conditions: [
    { operator: "equals", attribute: "plan", value: position % 2 === 0 ? "pro" : "free" },
    { operator: "in", attribute: "country", values: [`c${flag % 17}`, `c${position}`, "de", "fr"] }
  ],
  serve: position < 4 ? { to: "everybody", value: position % 2 === 0 } : { to: "share", percentage: 10, value: true }
})

/** A flag of five rules with two conditions each, the last one a rollout. `edition` changes it a little. */
export const fiveRules = (index: number, edition = 0): Flag => ({
  key: `flag-${index}`,
  kind: "boolean",
  fallback: false,
  rules: Array.from({ length: 5 }, (_, position) => rule(index + edition, position))
})
