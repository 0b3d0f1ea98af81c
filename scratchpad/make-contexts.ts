// Writes examples/contexts.jsonl: 10,000 requests to an invented web shop, the same ones every time.
//
//   npx node scratchpad/make-contexts.ts [file]
//
// Only integer arithmetic decides, so every machine writes the same bytes.
import { writeFileSync } from "node:fs"
import { join } from "node:path"

const requests = 10_000
const visitors = 6_000
const accounts = 240

/** Mulberry32: a small generator of 32-bit numbers, enough for examples. */
const generator = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ seed >>> 15, seed | 1)
  mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61)
  return (mixed ^ mixed >>> 14) >>> 0
}

const next = generator(20_261_123)

const below = (limit: number): number => next() % limit

const between = (low: number, high: number): number => low + below(high - low + 1)

/** Small numbers often, large ones seldom. */
const skewedBelow = (limit: number): number => Math.floor(below(limit) * below(1000) * below(1000) / 1_000_000)

const chance = (percent: number): boolean => below(10_000) < percent * 100

type Weighted<A> = ReadonlyArray<readonly [weight: number, value: A]>

const pick = <A>(weighted: Weighted<A>): A => {
  const total = weighted.reduce((sum, [weight]) => sum + weight, 0)
  let rest = below(total)
  for (const [weight, value] of weighted) {
    if (rest < weight) return value
    rest -= weight
  }
  throw new Error("nothing to pick from")
}

const hex = (digits: number): string => Array.from({ length: digits }, () => below(16).toString(16)).join("")

const number = (prefix: string, value: number, digits: number): string =>
  `${prefix}-${String(value).padStart(digits, "0")}`

const cents = (amount: number): number => amount / 100

const countries: Weighted<{ readonly country: string; readonly locale: string }> = [
  [310, { country: "DE", locale: "de-DE" }],
  [60, { country: "AT", locale: "de-AT" }],
  [50, { country: "CH", locale: "de-CH" }],
  [15, { country: "CH", locale: "fr-CH" }],
  [110, { country: "FR", locale: "fr-FR" }],
  [75, { country: "NL", locale: "nl-NL" }],
  [90, { country: "GB", locale: "en-GB" }],
  [95, { country: "US", locale: "en-US" }],
  [20, { country: "CA", locale: "en-CA" }],
  [45, { country: "SE", locale: "sv-SE" }],
  [20, { country: "FI", locale: "fi-FI" }],
  [20, { country: "NO", locale: "nb-NO" }],
  [40, { country: "PL", locale: "pl-PL" }],
  [35, { country: "IT", locale: "it-IT" }],
  [35, { country: "ES", locale: "es-ES" }]
]

const shops: Weighted<string> = [
  "alder",
  "birch",
  "cedar",
  "dune",
  "ember",
  "fjord",
  "grove",
  "harbour",
  "isle",
  "juniper",
  "kestrel",
  "linden",
  "meadow",
  "north",
  "oak",
  "pebble",
  "quarry",
  "reed",
  "slate",
  "tide",
  "umber",
  "vale",
  "willow",
  "yarrow"
].map((name, index, all) => [2 * (all.length - index), `shop-${name}`])

const browsers: Weighted<string> = [
  [46, "chrome/140"],
  [9, "chrome/128"],
  [22, "safari/18"],
  [8, "safari/16"],
  [10, "firefox/144"],
  [5, "edge/140"]
]

const appVersions: Weighted<string> = [
  [34, "5.14.2"],
  [22, "5.14.0"],
  [16, "5.13.1"],
  [9, "5.12.0"],
  [9, "5.9.3"],
  [5, "5.2.0"],
  [3, "4.22.1"],
  [2, "4.8.0"]
]

const connections: Weighted<string> = [[62, "wifi"], [24, "5g"], [10, "4g"], [3, "3g"], [1, "2g"]]

const platforms: Weighted<() => { readonly platform: string }> = [
  [55, () => ({ platform: "web", browser: pick(browsers) })],
  [24, () => ({ platform: "ios", appVersion: pick(appVersions) })],
  [21, () => ({ platform: "android", appVersion: pick(appVersions) })]
]

const place = () => ({ ...pick(countries), tenantKey: pick(shops) })

const history = () => {
  const orders = skewedBelow(90)
  return { orders, lifetimeValue: cents(orders * between(2_500, 14_000)) }
}

const company = () => {
  const account = below(accounts)
  return {
    accountKey: number("account", account, 3),
    actor: { role: chance(80) ? "buyer" : "approver" },
    org: { tier: account % 8 === 0 ? "gold" : account % 3 === 0 ? "silver" : "basic", seats: 2 + account % 40 }
  }
}

const makeVisitor = (_: unknown, index: number) => ({
  targetingKey: number("user", index, 4),
  ...place(),
  ...pick(platforms)(),
  plan: chance(18) ? "plus" : "free",
  ...history(),
  ...(chance(4) ? { betaTester: true } : {}),
  ...(chance(8)
    ? company()
    : chance(1.5)
    ? { actor: { role: pick([[6, "staff"], [3, "support"], [1, "admin"]]) } }
    : {})
})

const makeGuest = () => ({ ...place(), ...pick(platforms)() })

const cart = () => {
  const items = chance(45) ? 0 : 1 + skewedBelow(14)
  return { items, total: cents(Array.from({ length: items }, () => between(490, 14_900)).reduce((a, b) => a + b, 0)) }
}

interface Visit {
  readonly targetingKey?: string
  readonly tenantKey: string
  readonly accountKey?: string
  readonly actor?: { readonly role: string }
}

/** Facts that rollouts stick to go beside the attributes, all others into them. */
const makeContext = ({ accountKey, actor, targetingKey, tenantKey, ...attributes }: Visit) => ({
  targetingKey,
  tenantKey,
  accountKey,
  sessionId: `session-${hex(10)}`,
  actor,
  attributes: { ...attributes, connection: pick(connections), cart: cart() }
})

const known = Array.from({ length: visitors }, makeVisitor)

/** Most visitors come seldom, a few come often; a third of the requests is from guests, and monitors send no facts. */
const makeRequest = () => {
  if (chance(0.5)) return {}
  if (chance(33)) return makeContext(makeGuest())
  const visitor = known[chance(50) ? skewedBelow(visitors) : below(visitors)]
  return visitor === undefined ? {} : makeContext(visitor)
}

const file = process.argv[2] ?? join(import.meta.dirname, "../examples/contexts.jsonl")
writeFileSync(file, Array.from({ length: requests }, () => `${JSON.stringify(makeRequest())}\n`).join(""))
