/** The options that the command line can leave out, for documents whose fields can be left out. */
import * as Option from "effect/Option"

/** The fields that have a value; nothing of the others. */
export const given = <const Fields extends Readonly<Record<string, Option.Option<unknown>>>>(
  fields: Fields
): { readonly [Name in keyof Fields]?: Option.Option.Value<Fields[Name]> } => {
  const present: { [Name in keyof Fields]?: Option.Option.Value<Fields[Name]> } = {}
  for (const name in fields) {
    const field = fields[name]
    if (field !== undefined && Option.isSome(field)) Object.assign(present, { [name]: field.value })
  }
  return present
}
