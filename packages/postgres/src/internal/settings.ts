import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as InvalidInput from "rulestead/InvalidInput"

/** What a store on a server and an embedded one have in common. */
export interface Options {
  readonly schema?: string | undefined
  readonly retention?: number | undefined
  readonly timeout?: Duration.Input | undefined
}

export interface Settings {
  readonly schema: string
  readonly retention: number
  readonly timeout: Duration.Input
}

/**
 * Fills in what options leave out, or refuses them with every problem they have. `known`: the names of all options that
 * there are; `shown`: options as problems are to speak of them.
 */
export const resolve = (
  { defaults, known, options, shown = options, subject, violations }: {
    readonly subject: string
    readonly options: Options
    readonly shown?: object
    readonly known: Readonly<Record<string, true>>
    readonly defaults: { readonly timeout: Duration.Input }
    readonly violations: ReadonlyArray<InvalidInput.Violation>
  }
): Effect.Effect<Settings, InvalidInput.InvalidInput> => {
  const { retention = 1000, schema = "rulestead", timeout = defaults.timeout } = options
  const refused = InvalidInput.refuse(subject, shown, [
    ...unless(isSchemaName(schema), "schema", schemaNames),
    ...positive("retention", retention, 1),
    ...duration("timeout", timeout),
    ...violations,
    ...unknownFields(options, known)
  ])
  return refused === undefined ? Effect.succeed({ schema, retention, timeout }) : Effect.fail(refused)
}

const isSchemaName = (name: unknown): boolean =>
  typeof name === "string" && /^(?!pg_)[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name)

const schemaNames = "1 to 63 letters, digits and \"_\", not beginning with a digit or \"pg_\""

export const unless = (
  isAllowed: boolean,
  option: string,
  allowed: string
): ReadonlyArray<InvalidInput.Violation> => isAllowed ? [] : [{ path: [option], rule: option, allowed }]

export const unknownFields = (
  options: object,
  known: Readonly<Record<string, true>>,
  path: ReadonlyArray<string> = []
): ReadonlyArray<InvalidInput.Violation> =>
  Object.keys(options).filter((name) => !Object.hasOwn(known, name)).map((name) => ({
    path: [...path, name],
    rule: "unknown_field",
    allowed: "no field of this name; check the spelling"
  }))

export const positive = (option: string, value: number, minimum: number) =>
  unless(Number.isSafeInteger(value) && value >= minimum, option, `a whole number of at least ${minimum}`)

export const duration = (option: string, value: Duration.Input) =>
  unless(
    Option.exists(Duration.fromInput(value), (duration) =>
      Duration.isFinite(duration) && Duration.toMillis(duration) > 0),
    option,
    "a duration longer than zero"
  )
