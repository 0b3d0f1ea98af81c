import type { Spread } from "./harness/statistics.ts"

/** A number with its spread, and what it should be. */
export interface Measurement {
  readonly title: string
  readonly unit: "×" | "ns" | "μs" | "ms" | "bytes" | "KB"
  /** Undefined where what it compares was not measured. */
  readonly value: Spread | undefined
  readonly atMost?: number
  readonly atLeast?: number
}

/** Undefined where there is no target, or nothing to hold against it. */
export const isMet = ({ atLeast, atMost, value }: Measurement): boolean | undefined =>
  value === undefined || (atMost === undefined && atLeast === undefined)
    ? undefined
    : value.median >= (atLeast ?? -Infinity) && value.median <= (atMost ?? Infinity)

/** Measurements other than the cost of one decision. Each section has a file in `sections`, and a process of its own. */
export interface Section {
  readonly title: string
  readonly about: string
  readonly measure: (quick: boolean) => Promise<ReadonlyArray<Measurement>>
}
