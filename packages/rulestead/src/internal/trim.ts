/**
 * `text` without surrounding white space as Elixir's `String.trim` understands it, so that a salt or an identity is the
 * same text on both platforms. JavaScript's own `trim` also takes U+FEFF away and leaves U+0085.
 */
export const trim = (text: string): string => {
  const { length } = text
  let start = 0
  let end = length
  while (start < end && isWhiteSpace(charCodeAt.call(text, start))) start++
  while (end > start && isWhiteSpace(charCodeAt.call(text, end - 1))) end--
  return end - start === length ? text : text.slice(start, end)
}

// Called as a method it is slower where strings of several internal representations come by; see sha256.ts.
const { charCodeAt } = String.prototype

const isWhiteSpace = (unit: number): boolean => unit < 0x80 ? isAsciiWhiteSpace(unit) : otherWhiteSpace.has(unit)

const isAsciiWhiteSpace = (unit: number): boolean => unit === 0x20 || (unit >= 0x09 && unit <= 0x0d)

// dprint-ignore
const otherWhiteSpace: ReadonlySet<number> = new Set([
  0x85, 0xa0, 0x1680,
  0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a,
  0x2028, 0x2029, 0x202f, 0x205f, 0x3000
])
