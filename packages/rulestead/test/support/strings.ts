import * as fc from "fast-check"

/** Any text a JavaScript program can hold: lone surrogates, characters beyond the BMP, and plain identities. */
export const anyString: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.nat(0xffff), { maxLength: 200 }).map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom("\ud83d", "\ude00", "a", "é", "漢"), { maxLength: 200 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ maxLength: 200 })
)
