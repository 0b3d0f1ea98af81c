/**
 * What a feed fails with, whatever it is: a typed error, a defect, an interruption, or silence.
 */
import * as Cause from "effect/Cause"
import * as Result from "effect/Result"
import { FeedError } from "../SnapshotFeed.ts"
import { Overdue } from "./guard.ts"

/** The error to go on with. What a defect says is not repeated: it may hold anything. */
export const feedErrorOf = (environment: string, cause: Cause.Cause<FeedError | Overdue>): FeedError => {
  const error = Result.getOrUndefined(Cause.findError(cause))
  if (error instanceof FeedError) return error
  if (error instanceof Overdue) {
    const detail = error.started ? "no answer in time" : "too many earlier fetches have not ended yet"
    return new FeedError({ environment, reason: "timeout", detail })
  }
  const what = Cause.hasDies(cause) ? "died unexpectedly" : "was interrupted"
  return new FeedError({ environment, reason: "failed", detail: `the feed ${what}` })
}
