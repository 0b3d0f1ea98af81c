import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Announcements from "../announcements.ts"
import type { Database } from "../database.ts"
import { deadline } from "../deadline.ts"
import * as Failure from "../failure.ts"

/**
 * What is notified on the schema's channel, on one connection for all who listen at a time.
 *
 * Whoever starts to listen gets something at once, as a sign that the subscription is in place: an empty payload, or what
 * the others got last.
 */
export const make = (
  { schema, sql, timeout }: Database
): Effect.Effect<Stream.Stream<string, Failure.Failure>, never, Scope.Scope> => {
  const listen = deadline(Effect.mapError(sql.listen(Announcements.channel(schema)), Failure.from), {
    duration: timeout,
    orElse: () => Failure.tooLong(timeout)
  })
  const payloads = Effect.map(listen, (notifications) =>
    Stream.fromQueue(notifications).pipe(
      Stream.map(({ payload }) => payload),
      Stream.mapError(Failure.from),
      (received) => Stream.concat(Stream.succeed(""), received)
    ))
  return Stream.share(Stream.unwrap(payloads), { capacity: 256, strategy: "sliding", replay: 1 })
}
