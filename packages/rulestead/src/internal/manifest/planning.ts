/**
 * How a plan is made: look at everything that the request names, say what it shall be, and tell the difference.
 */
import * as Effect from "effect/Effect"
import { hash } from "node:crypto"
import type { Change } from "../../Change.ts"
import type { Finding } from "../../Finding.ts"
import type { Manifest } from "../../Manifest.ts"
import type { Plan, Request } from "../../Plan.ts"
import type { Promotion } from "../../Promotion.ts"
import type { Seen } from "../../Stale.ts"
import { Store } from "../../Store.ts"
import { canonicalJson, isSame } from "../canonicalJson.ts"
import * as Content from "./content.ts"
import { diff } from "./diff.ts"
import { byWeight } from "./finding.ts"
import * as Goals from "./goals.ts"
import * as Promoting from "./promoting.ts"
import * as Review from "./review.ts"

/** What a request is about: what is there, and what there shall be. */
interface Subject {
  readonly content: Content.Content
  readonly goal: Manifest
  /** What the request names, in its order. */
  readonly names: Content.Names
  readonly observed: ReadonlyArray<Seen>
  readonly findings: ReadonlyArray<Finding>
  readonly place: Review.Place
}

/** The plan, and what it was made from. */
export const make = Effect.fnUntraced(function*(request: Request) {
  const { environment: key } = request
  const subject = "manifest" in request
    ? yield* imported(key, request.manifest)
    : yield* promoted(key, request.promote)
  const { content, goal, names } = subject
  const changes = [...creation(key, content), ...diff(Content.toManifest(content), goal)]
  const impacts = yield* impactsOf(changes)
  const environment = {
    key,
    exists: content.environment !== undefined,
    protected: content.environment?.protected ?? false
  }
  const touched = new Set(changes.map((change) => `${kindOf(change)} ${change.key}`))
  const untouched = (kind: "audience" | "flag", names: ReadonlyArray<string>) =>
    names.filter((name) => !touched.has(`${kind} ${name}`))
  const killed = new Set(goal.flags.flatMap(({ key, killSwitch }) => killSwitch === undefined ? [] : [key]))
  const around = { content, impacts, killed, place: subject.place }
  const body: Omit<Plan, "token"> = {
    schemaVersion: 1,
    environment,
    request,
    changes,
    unchanged: { audiences: untouched("audience", names.audiences), flags: untouched("flag", names.flags) },
    findings: [
      ...subject.findings,
      ...Review.archived(content, subject.place),
      ...changes.flatMap((change) => Review.ofChange(change, around)),
      ...(changes.length > 0 && environment.protected ? [Review.isProtected] : [])
    ].sort(byWeight),
    observed: subject.observed
  }
  const { schemaVersion, ...rest } = body
  const plan: Plan = { schemaVersion, token: tokenOf([body, [...impacts]]), ...rest }
  return { plan, content, impacts }
})

export const plan = (request: Request) => Effect.map(make(request), ({ plan }) => plan)

const tokenOf = (value: unknown): string => `plan_${hash("sha256", canonicalJson(value), "hex").slice(0, 32)}`

const kindOf = ({ action }: Change): "environment" | "audience" | "flag" =>
  action === "environment.create" ? "environment" : action.startsWith("audience.") ? "audience" : "flag"

const creation = (key: string, { environment }: Content.Content): ReadonlyArray<Change> =>
  environment !== undefined ? [] : [{
    action: "environment.create",
    key,
    before: null,
    after: { key, name: key, description: "", protected: false }
  }]

const indexed = (items: ReadonlyArray<{ readonly key: string }>): ReadonlyMap<string, number> =>
  new Map(items.map(({ key }, index) => [key, index]))

const imported = Effect.fnUntraced(function*(environment: string, manifest: Manifest) {
  const names = Content.namesIn(manifest)
  const content = yield* Content.named(environment, names)
  const indices = { audiences: indexed(manifest.audiences), flags: indexed(manifest.flags) }
  const goal = Goals.ofImport(Content.toManifest(content), manifest)
  const subject: Subject = {
    content,
    goal,
    names,
    observed: Content.seenIn(environment, content, names),
    findings: Review.notServed(manifest, goal),
    place: (list, key) => [list, indices[list].get(key) ?? 0]
  }
  return subject
})

const promoted = Effect.fnUntraced(function*(environment: string, options: Promotion) {
  const store = yield* Store
  yield* store.environment(environment)
  const source = yield* sourceOf(options)
  const wanted = options.flags ?? Content.liveIn(source.manifest)
  const names = Content.namesIn(Content.only(source.manifest, wanted))
  const content = yield* Content.named(environment, { ...names, flags: wanted })
  const current = Content.toManifest(content)
  const { findings, flags } = Promoting.select(source.manifest, current, wanted, options)
  const subject: Subject = {
    content,
    goal: Goals.ofPromotion(current, source.manifest, flags, options),
    names: { audiences: options.shared ? names.audiences : [], flags: wanted },
    observed: [...source.observed(wanted), ...Content.seenIn(environment, content, { ...names, flags: wanted })],
    findings: [...findings, ...Promoting.aboutShared(source.manifest, current, options)],
    place: (list, key) => [list, key]
  }
  return subject
})

const sourceOf = Effect.fnUntraced(function*({ flags, from }: Promotion) {
  if (typeof from !== "string") return { manifest: from, observed: () => [] }
  const content = yield* flags === undefined ? Content.whole(from) : Content.existing(from, flags)
  return {
    manifest: Content.toManifest(content),
    observed: (names: ReadonlyArray<string>) => Content.statesIn(from, content, names)
  }
})

/** Where each audience that is to be redefined is in use. */
const impactsOf = Effect.fnUntraced(function*(changes: ReadonlyArray<Change>) {
  const store = yield* Store
  const redefined = changes.filter((change) =>
    change.action === "audience.change" && !isSame(change.before.definition, change.after.definition)
  )
  const impacts = yield* Effect.forEach(redefined, ({ key }) => store.audienceImpact(key))
  return new Map(impacts.map((impact) => [impact.audience, impact]))
})
