import * as Effect from "effect/Effect"
import { type InvalidInput, refuse, type Violation } from "../../InvalidInput.ts"

/** Fails when there are violations in `input`. */
export const refuseFor = (
  violations: ReadonlyArray<Violation>,
  subject: string,
  input: unknown
): Effect.Effect<void, InvalidInput> => {
  const refused = refuse(subject, input, violations)
  return refused === undefined ? Effect.void : Effect.fail(refused)
}
