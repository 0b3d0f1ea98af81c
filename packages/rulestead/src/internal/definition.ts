/**
 * What code expects of a flag, and what it makes of what the flag serves.
 */
import type { Outcome } from "../Decision.ts"
import type { Value } from "../Value.ts"

/** What a definition makes of an outcome: what it decoded, or the default where that did not fit. */
export interface Reading<out A> {
  readonly value: A
  readonly fits: boolean
}

/** Throws what does not fit. */
export type Decode<A> = (value: Value) => A

const TypeId = "~rulestead/Flag/Definition"

export interface Parts<A, Key extends string, Variant extends string> {
  readonly key: Key
  readonly default: A
  readonly variants: ReadonlyArray<Variant> | undefined
  readonly decode: Decode<A>
}

export const make = <A, Key extends string, Variant extends string>(parts: Parts<A, Key, Variant>) => {
  const { decode, default: otherwise, key, variants } = parts
  const unfit: Reading<A> = { value: otherwise, fits: false }
  const readings = new WeakMap<Outcome, Reading<A>>()

  const readAnew = ({ value }: Outcome): Reading<A> => {
    try {
      return { value: decode(value), fits: true }
    } catch {
      return unfit
    }
  }

  return {
    [TypeId]: TypeId,
    key,
    default: otherwise,
    variants,
    /** Decodes once for each outcome that a flag can have. */
    read: (outcome: Outcome): Reading<A> => {
      const known = readings.get(outcome)
      if (known !== undefined) return known
      const reading = readAnew(outcome)
      readings.set(outcome, reading)
      return reading
    },
    isVariant: (variant: string): variant is Variant =>
      variants === undefined || variants.some((key) => key === variant)
  }
}

/** Whether it is a definition, and not the key of a flag or what callers without types may pass instead. */
export const isDefinition = <Definition extends object>(flag: string | Definition): flag is Definition =>
  typeof flag === "object" && flag !== null && isMarked(flag)

/** A proxy may throw even then. */
const isMarked = (flag: object): boolean => {
  try {
    return TypeId in flag
  } catch {
    return false
  }
}
