import { layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { PostgresServer } from "../support/PostgresServer.ts"
import * as Proxy from "../support/Proxy.ts"
import { matrix, type Phase } from "./matrix.ts"
import type { Fault } from "./phases.ts"
import { family, type Faults } from "./support/family.ts"
import * as PostgresWorld from "./support/PostgresWorld.ts"

interface NetworkWorld extends PostgresWorld.PostgresWorld {
  readonly proxy: Proxy.Proxy
}

const world = Effect.gen(function*() {
  const { port, url } = yield* PostgresServer
  const [proxy, proxyPort] = yield* Proxy.make(port)
  const through = Object.assign(new URL(Redacted.value(url)), { port: `${proxyPort}` })
  return { ...(yield* PostgresWorld.make({ owner: Redacted.value(url), url: through.href })), proxy }
})

const sync = (change: () => void) => Effect.sync(change)

/** Something to hear of, `times` over; somebody who publishes anyway sees to that. */
const publishing = ({ publishSurely }: NetworkWorld, phase: Phase, times: number, between = Effect.void) =>
  phase === "running" ? Effect.repeat(Effect.andThen(publishSurely, between), { times: times - 1 }) : Effect.void

const notifying = (policy: Proxy.Notifications) => (world: NetworkWorld, phase: Phase): Fault => ({
  begin: Effect.andThen(
    sync(() => {
      world.proxy.notifications = policy
    }),
    policy === "reverse" ? publishing(world, phase, 4) : publishing(world, phase, 3, world.followed)
  ),
  end: sync(() => {
    world.proxy.notifications = "pass"
  })
})

const delaying = (delay: number) => ({ proxy }: NetworkWorld): Fault => ({
  begin: sync(() => {
    proxy.delay = delay
  }),
  end: sync(() => {
    proxy.delay = 0
  })
})

const faults: Faults<typeof matrix.network, NetworkWorld> = {
  "accepts and never answers": ({ proxy }) => ({ begin: sync(() => proxy.freeze()), end: sync(() => proxy.thaw()) }),
  "slow answers": delaying(40),
  "answers that come too late": delaying(2500),
  "answers cut in the middle": ({ proxy }) => ({
    begin: sync(() => {
      proxy.limit = 600
    }),
    end: sync(() => {
      proxy.limit = Number.POSITIVE_INFINITY
    })
  }),
  "listener lost silently": (world, phase) => ({
    begin: Effect.andThen(sync(() => world.proxy.deafen()), publishing(world, phase, 3, world.followed))
  }),
  "notifications lost": notifying("drop"),
  "notifications repeated": notifying("repeat"),
  "notifications late": notifying("delay"),
  "notifications reordered": notifying("reverse")
}

layer(PostgresServer.layer(), { excludeTestServices: true, timeout: "1 minute" })("a network", (it) => {
  family(it, matrix.network, faults, () => world, { concurrent: true })
})
