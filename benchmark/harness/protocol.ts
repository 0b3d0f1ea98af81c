// What the processes say to each other, as JSON text.

export const received = (message: unknown) => JSON.parse(typeof message === "string" ? message : "null")

/** Load a subject, check it and warm it up, each scenario for so many milliseconds. */
export interface Start {
  readonly module: string
  readonly position: number
  readonly sink: string
  readonly checking: number
  readonly warming: number
}

export interface Measure {
  readonly scenario: string
  readonly milliseconds: number
}

export type Request = Start | Measure

export type Answer = { readonly nanoseconds: number } | { readonly problem: string }
