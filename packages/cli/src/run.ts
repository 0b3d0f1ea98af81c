/** Runs a command line and answers with its exit code. It never fails, and shows no stack traces. */
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Ref from "effect/Ref"
import * as References from "effect/References"
import type * as Stdio from "effect/Stdio"
import { Tree } from "./commands/completions.ts"
import { exitCodes, Failure, from, type Known } from "./Failure.ts"
import { Nearby } from "./Nearby.ts"
import * as Style from "./output/style.ts"
import { rulestead } from "./rulestead.ts"
import { version } from "./version.ts"

export const run = (args: ReadonlyArray<string>) =>
  Command.runWith(rulestead, { version })(args).pipe(
    Effect.as(0),
    Effect.catchTags({
      Changes: () => Effect.succeed(exitCodes.changes),
      ShowHelp: ({ errors }) => Effect.succeed(errors.length === 0 ? 0 : exitCodes.failed)
    }),
    Effect.catch((error) => Effect.flatMap(failureOf(error), (failure) => report(failure, args))),
    Effect.catchDefect((defect) => report(unexpected(defect), args)),
    Effect.provideServiceEffect(Nearby, Ref.make<ReadonlyArray<string>>([])),
    Effect.provide(Layer.merge(environment, presenter(args))),
    Effect.provideService(Tree, rulestead)
  )

const failureOf = Effect.fnUntraced(function*(error: Known | CliError.CliError) {
  return CliError.isCliError(error) ? usage(error) : from(error, yield* Ref.get(yield* Nearby))
})

const usage = (error: CliError.CliError): Failure =>
  new Failure({ code: "usage", exit: "failed", message: error.message })

const unexpected = (defect: unknown): Failure =>
  new Failure({
    code: "defect",
    exit: "failed",
    message: `Something is wrong with this command: ${defect instanceof Error ? defect.message : String(defect)}`,
    next: "Please report it, with the command."
  })

const report = Effect.fnUntraced(function*({ code, exit, message, next }: Failure, args: ReadonlyArray<string>) {
  const { bad } = yield* Style.onError
  const text = asksForJson(args)
    ? JSON.stringify({ error: { code, message, next: next ?? null, exit: exitCodes[exit] } })
    : `${bad("error:")} ${message}${next === undefined ? "" : `\n${next}`}`
  yield* Console.error(withoutSecrets(text))
  return exitCodes[exit]
})

/** The arguments may be what is wrong, so they are not parsed for this. */
const asksForJson = (args: ReadonlyArray<string>): boolean =>
  args.some((argument, at) => argument === "--format=json" || (argument === "json" && args[at - 1] === "--format"))

/** Whatever a driver or the command line put into a message: passwords of URLs do not leave. */
export const withoutSecrets = (text: string): string =>
  text
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:@/]*):[^\s"]*@/gi, "$1:***@")
    .replace(/(password=)[^\s"&]*/gi, "$1***")

/** Mistakes in the command line are named without the whole help, which would hide them. */
const presenter = (args: ReadonlyArray<string>) =>
  Layer.effect(
    CliOutput.Presenter,
    Effect.map(Effect.context<Stdio.Stdio>(), (context): CliOutput.Presenter => ({
      present: (event) =>
        event._tag === "InvalidInvocation"
          ? Effect.provideContext(report(misuse(event, args), args), context)
          : CliOutput.defaultPresenter.present(event)
    }))
  )

const misuse = (
  { commandPath, errors }: CliOutput.Presenter.InvalidInvocation,
  args: ReadonlyArray<string>
): Failure =>
  new Failure({
    code: "usage",
    exit: "failed",
    message: errors.map(({ message }) => message).join("\n"),
    next: `${args.includes("--json") ? "JSON is --format json. " : ""}To see how it is used: ${
      commandPath.join(" ")
    } --help`
  })

const environment = Layer.mergeAll(
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.LogLevel] }),
  TerminalCapabilities.layer,
  Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]),
  Layer.succeed(References.MinimumLogLevel, "Fatal")
)
