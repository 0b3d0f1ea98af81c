import type { Value } from "../Value.ts"

/** See `Value.isEnabled`. */
export const isEnabled = (value: Value): boolean => typeof value === "boolean" ? value : value !== null
