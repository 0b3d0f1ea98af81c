/** JSON values of every kind, with names and texts that no program expects. */
import * as fc from "fast-check"
import type { Value } from "rulestead/Value"

const text = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "\0", "\ud800", "👩‍👧", ""),
  fc.array(fc.nat(0xffff), { maxLength: 8 }).map((units) => String.fromCharCode(...units))
)

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number === 0 ? 0 : number)

const nest = (value: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof(
    value,
    fc.array(value, { maxLength: 4 }),
    fc.array(fc.tuple(text, value), { maxLength: 4 }).map((fields) => Object.fromEntries(fields))
  )

export const anyJson: fc.Arbitrary<Value> = nest(nest(nest(fc.oneof(text, number, fc.boolean(), fc.constant(null)))))
