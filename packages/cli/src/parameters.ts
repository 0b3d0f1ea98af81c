/** Arguments and flags that several commands take. */
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"

export const flagKey = Argument.String("flag").pipe(Argument.withDescription("The key of the flag"))

export const environmentKey = Argument.String("environment").pipe(
  Argument.withDescription("The key of the environment")
)

export const audienceKey = Argument.String("audience").pipe(Argument.withDescription("The key of the audience"))

export const environment = Flag.String("env").pipe(
  Flag.withAlias("e"),
  Flag.withMetavar("<key>"),
  Flag.withDescription("The environment (default: RULESTEAD_ENVIRONMENT, else the one in rulestead.json)"),
  Flag.optional
)

export const description = Flag.String("description").pipe(
  Flag.withDescription("What it is, for people"),
  Flag.optional
)

/** For lists of flags. */
export const ownedBy = Flag.String("owner").pipe(
  Flag.withMetavar("<ref>"),
  Flag.withDescription("Only flags of this owner, as payments"),
  Flag.optional
)

/** For lists of flags. */
export const tagged = Flag.String("tag").pipe(
  Flag.withDescription("Only flags with this tag; repeated, with all of them"),
  Flag.atLeast(0)
)

export const after = Flag.String("after").pipe(
  Flag.withMetavar("<key>"),
  Flag.withDescription("Go on after this key, for long lists"),
  Flag.optional
)

export const limit = Flag.Int("limit").pipe(
  Flag.withDescription("How many at most, up to 1000"),
  Flag.withDefault(100)
)
