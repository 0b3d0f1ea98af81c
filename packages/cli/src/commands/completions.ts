import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** The whole command, which this one is a part of. */
export class Tree extends Context.Service<Tree, Command.Command.Any>()("rulestead/cli/Tree") {}

export const completions = Command.make(
  "completions",
  {
    shell: Argument.Literals("shell", ["bash", "zsh", "fish"]).pipe(Argument.withDescription("For which shell"))
  },
  Effect.fnUntraced(function*({ shell }) {
    const tree = yield* Tree
    yield* Console.log(Completions.generate("rulestead", shell, Completions.fromCommand(tree)))
  })
).pipe(
  Command.withDescription("Print a script that completes this command in a shell."),
  Command.withExamples([
    { command: "source <(rulestead completions bash)", description: "In ~/.bashrc" },
    { command: "source <(rulestead completions zsh)", description: "In ~/.zshrc, after compinit" },
    { command: "rulestead completions fish > ~/.config/fish/completions/rulestead.fish" }
  ])
)
