/** Reading decoded JSON that may have any shape. */

export interface Shape {
  readonly [name: string]: unknown
}

export const isRecord = (input: unknown): input is Shape =>
  typeof input === "object" && input !== null && !Array.isArray(input)

export const fieldOf = (input: unknown, name: string): unknown =>
  isRecord(input) && Object.hasOwn(input, name) ? input[name] : undefined

export const listOf = (input: unknown): ReadonlyArray<unknown> => Array.isArray(input) ? input : []

export const isGiven = <A>(input: A): input is NonNullable<A> => input !== undefined && input !== null

/** Salts and keys are strings; a number counts as its decimal form, nothing as the empty string. */
export const textOf = (input: unknown): string =>
  typeof input === "string" ? input : typeof input === "number" ? String(input) : ""
