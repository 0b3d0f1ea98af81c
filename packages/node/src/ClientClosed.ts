/**
 * A client that is at its end.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A command was given to a client that is closed, or was under way when it closed.
 *
 * - `started`: whether it was under way. Then it is unknown whether it took effect; look, or give it again.
 *
 * @category errors
 * @since 0.1.0
 */
export class ClientClosed extends Schema.TaggedError<ClientClosed>()("ClientClosed", {
  environment: Schema.String,
  started: Schema.Boolean
}) {
  override get message(): string {
    const what = this.started ? "; what was under way may have taken effect" : ""
    return `The client of ${this.environment} is closed${what}`
  }
}
