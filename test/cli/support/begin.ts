import * as Effect from "effect/Effect"
import * as CommandLine from "./CommandLine.ts"

/** A store with the environments `dev` and `prod` (protected), and the flag `checkout`, live in `dev` for everybody. */
export const begin = Effect.fnUntraced(function*(options?: CommandLine.Options) {
  const cli = yield* CommandLine.make(options)
  yield* cli.run("env create dev")
  yield* cli.run("env create prod --protected")
  yield* cli.run("flag create checkout")
  yield* cli.run("rule set checkout launch --percentage 100 --value true --env dev --publish")
  return cli
})
