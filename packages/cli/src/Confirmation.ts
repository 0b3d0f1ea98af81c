/** Asking before something is done that matters. Every question has a flag that answers it. */
import * as Flag from "effect/cli/Flag"
import * as Prompt from "effect/cli/Prompt"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Failure } from "./Failure.ts"
import { hasUnicode } from "./output/style.ts"
import { root } from "./root.ts"

export const flags = {
  reason: Flag.String("reason").pipe(
    Flag.withDescription("Why, for the audit; required in protected environments"),
    Flag.optional
  ),
  yes: Flag.Boolean("yes").pipe(
    Flag.withAlias("y"),
    Flag.withDescription("Do not ask, except in protected environments"),
    Flag.withDefault(false)
  ),
  confirm: Flag.String("confirm").pipe(
    Flag.withMetavar("<key>"),
    Flag.withDescription("In protected environments: the key of what is changed, instead of typing it"),
    Flag.optional
  )
}

export interface Answers {
  readonly reason: Option.Option<string>
  readonly yes: boolean
  readonly confirm: Option.Option<string>
}

/** Whether there is somebody to ask. */
export const canAsk = Effect.gen(function*() {
  const { format } = yield* root
  const { canPrompt } = yield* TerminalCapabilities.TerminalCapabilities
  return canPrompt && format === "table"
})

/** Who leaves instead of answering learns that all is as it was. */
const answerTo = Effect.fnUntraced(
  function*<A>(prompt: Prompt.Prompt<A>) {
    const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
    const theme = Prompt.makeTheme({ ...((yield* hasUnicode) ? {} : ascii), colors: canColor })
    return yield* Effect.provideService(Prompt.run(prompt), Prompt.Theme, theme)
  },
  Effect.tapError(() => Console.error("\nNothing was changed."))
)

const ascii = { tick: "*", ellipsis: "...", pointerSmall: ">" }

/** The reason given, or asked for where one is required. */
export const reason = Effect.fnUntraced(function*(answers: Answers, required: boolean, where: string) {
  if (Option.isSome(answers.reason)) return answers.reason.value
  if (!required) return undefined
  if (yield* canAsk) {
    return yield* answerTo(Prompt.String({ message: `Why? (${where} is protected)`, validate: notBlank }))
  }
  return yield* new Failure({
    code: "reason_required",
    exit: "refused",
    message: `${where} is protected: a change needs a reason`,
    next: "Give it with --reason."
  })
})

const notBlank = (text: string) => text.trim() === "" ? Effect.fail("A reason, please") : Effect.succeed(text)

/** Goes on only if the user says yes, or said so before. */
export const agree = Effect.fnUntraced(function*(answers: Answers, question: string) {
  if (answers.yes) return
  if (!(yield* canAsk)) {
    return yield* new Failure({
      code: "not_confirmed",
      exit: "refused",
      message: `${question} There is no terminal to answer on`,
      next: "To agree: --yes. To see what would happen: --dry-run."
    })
  }
  yield* ask(question)
})

/** Goes on only if the user says yes now. */
export const ask = Effect.fnUntraced(function*(question: string) {
  if (!(yield* answerTo(Prompt.Confirm({ message: question })))) return yield* declined
})

/** Goes on only if the user types `key`, or gave it before. */
export const typeKey = Effect.fnUntraced(function*(answers: Answers, key: string, where: string) {
  if (Option.isSome(answers.confirm)) {
    return yield* answers.confirm.value === key ? Effect.void : Effect.fail(unlike(key))
  }
  if (!(yield* canAsk)) {
    return yield* new Failure({
      code: "not_confirmed",
      exit: "refused",
      message: `${where} is protected: a change has to be confirmed with the key of what is changed`,
      next: `To confirm: --confirm ${key}. To see what would happen: --dry-run.`
    })
  }
  const typed = yield* answerTo(Prompt.String({ message: `${where} is protected. Type ${key} to go on:` }))
  if (typed.trim() !== key) return yield* unlike(key)
})

const unlike = (key: string) =>
  new Failure({
    code: "not_confirmed",
    exit: "refused",
    message: `What was given to confirm is not ${key}`,
    next: "Nothing was changed. Look again at what the command is about."
  })

const declined = new Failure({ code: "not_confirmed", exit: "refused", message: "Nothing was changed" })
