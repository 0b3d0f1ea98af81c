/**
 * The commands that make things live.
 */
import type { Publisher } from "../../Publisher.ts"
import type { Desk } from "./desk.ts"
import * as KillSwitch from "./killSwitch.ts"
import * as Publishing from "./publishing.ts"
import * as Signing from "./signing.ts"

/** All commands of the publisher. */
export const make = (desk: Desk): Publisher["Service"] => ({
  ...Publishing.make(desk),
  ...KillSwitch.make(desk),
  ...Signing.make(desk),
  together: desk.together
})
