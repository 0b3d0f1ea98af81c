/** What happens to a server, and on the way to it, at random. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { PostgresServer } from "../../support/PostgresServer.ts"
import type { Proxy } from "../../support/Proxy.ts"

/** Brings one fault after another about, each of them in every round, and ends it. Tells `onFault` which. */
export const run = Effect.fnUntraced(function*(proxies: ReadonlyArray<Proxy>, onFault: (name: string) => void) {
  const faults = Object.entries(yield* all)
  while (true) {
    for (const [name, fault] of yield* Random.shuffle(faults)) {
      yield* pause(100, 1500)
      onFault(name)
      yield* fault(yield* Random.choice(proxies))
    }
  }
})

const all = Effect.gen(function*() {
  const server = yield* PostgresServer
  const sql = yield* PgClient.PgClient
  const during = (begin: Effect.Effect<unknown>, end: Effect.Effect<unknown>) =>
    Effect.acquireUseRelease(begin, () => pause(100, 3000), () => end)
  const proxied = (begin: (proxy: Proxy) => void, end: (proxy: Proxy) => void) => (proxy: Proxy) =>
    during(Effect.sync(() => begin(proxy)), Effect.sync(() => end(proxy)))
  const terminate = sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rulestead'`
  return {
    "SIGSTOP": () => during(server.stop, server.resume),
    "kill -9 and restart": () => during(server.kill, server.start),
    "restart": () => Effect.uninterruptible(server.restart),
    "terminated connections": () => Effect.ignore(terminate),
    "connections cut": (proxy: Proxy) => Effect.sync(() => proxy.cut()),
    "silence": proxied((proxy) => proxy.freeze(), (proxy) => proxy.thaw()),
    "listener lost silently": (proxy: Proxy) => Effect.sync(() => proxy.deafen()),
    "slow answers": proxied(
      (proxy) => {
        proxy.delay = 100
      },
      (proxy) => {
        proxy.delay = 0
      }
    ),
    "notifications lost": proxied(
      (proxy) => {
        proxy.notifications = "drop"
      },
      (proxy) => {
        proxy.notifications = "pass"
      }
    )
  }
})

/** The rhythm of the faults: nothing is waited for here. */
const pause = (least: number, most: number) => Effect.flatMap(Random.nextIntBetween(least, most), Effect.sleep)
