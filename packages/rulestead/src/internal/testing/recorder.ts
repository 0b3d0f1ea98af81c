/**
 * What a test's flags were asked, and what the test did not foresee.
 */
import type { DecisionObserver } from "../../DecisionObserver.ts"
import type { Asked } from "../../testing.ts"

export class Unexpected extends Error {
  override readonly name = "Unexpected"
}

export class Recorder {
  asked: ReadonlyArray<Asked> = []
  private readonly unexpected: "fail" | "default"

  constructor(unexpected: "fail" | "default") {
    this.unexpected = unexpected
  }

  /** Throws where the test did not foresee the question. */
  readonly observer: DecisionObserver["Service"] = {
    decided: ({ flag, reason, variant }) => {
      this.asked = [...this.asked, { flag, reason, variant }]
    },
    failed: ({ code, flag }) => {
      this.asked = [...this.asked, { flag, reason: code, variant: null }]
      if (code === "flag_not_found") this.fail(`The test has no flag ${flag}`)
      if (code === "type_mismatch") this.fail(`What ${flag} serves is not what the code expects of it`)
    }
  }

  private fail(message: string): void {
    if (this.unexpected === "fail") throw new Unexpected(message)
  }

  forget(): void {
    this.asked = []
  }
}
