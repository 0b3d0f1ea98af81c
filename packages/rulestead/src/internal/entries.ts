/**
 * Entries of a snapshot on their way in: nothing is compiled whose hash, format and types were not checked.
 */
import * as Result from "effect/Result"
import * as InvalidInput from "../InvalidInput.ts"
import { AudienceEntry, FlagEntry, hashEntry, type Kind, type StoredEntry } from "../Snapshot.ts"
import type { Reason } from "../SnapshotRefused.ts"
import * as Value from "../Value.ts"
import * as EntryShape from "./entryShape.ts"

export interface Refusal {
  readonly reason: Reason
  readonly detail: string
}

export const refusal = (reason: Reason, detail: string): Refusal => ({ reason, detail })

/** An entry that is there, as opposed to one that was removed. */
export type PresentEntry = StoredEntry & { readonly content: string }

export const isPresent = (entry: StoredEntry): entry is PresentEntry => entry.content !== null

export const verifyFlag = (stored: PresentEntry): Result.Result<FlagEntry, Refusal> =>
  Result.filterOrFail(
    verify(stored, decodeFlag),
    servesItsType,
    () => refusal("invalid_entry", `${nameOf(stored)} has a value that is not of its declared type`)
  )

export const verifyAudience = (stored: PresentEntry): Result.Result<AudienceEntry, Refusal> =>
  verify(stored, decodeAudience)

const decodeFlag = unlessPlain(EntryShape.isFlagEntry, InvalidInput.decodeResult("flag entry", FlagEntry))

const decodeAudience = unlessPlain(
  EntryShape.isAudienceEntry,
  InvalidInput.decodeResult("audience entry", AudienceEntry)
)

function unlessPlain<A, E>(
  isPlain: (input: unknown) => input is A,
  decode: (input: unknown) => Result.Result<A, E>
): (input: unknown) => Result.Result<A, E> {
  return (input) => isPlain(input) ? Result.succeed(input) : decode(input)
}

/** The entry of a flag whose content was verified. */
export const readFlag = (content: string): FlagEntry => Result.getOrThrow(Result.flatMap(parse(content), decodeFlag))

const parse = (content: string): Result.Result<unknown, unknown> => Result.try((): unknown => JSON.parse(content))

/** The kind of an entry; an implementation of a feed may send anything. */
export const kindOf = ({ kind }: StoredEntry): Kind | undefined =>
  kind === "flag" || kind === "audience" ? kind : undefined

const verify = <A extends { readonly key: string }>(
  stored: PresentEntry,
  decode: (input: unknown) => Result.Result<A, InvalidInput.InvalidInput>
): Result.Result<A, Refusal> => {
  const { content, hash, key, kind } = stored
  if (hashEntry(kind, key, content) !== hash) {
    return Result.fail(refusal("hash_mismatch", `the content of ${nameOf(stored)} does not have its hash`))
  }
  const decoded = Result.flatMap(
    Result.mapError(parse(content), () => refusal("invalid_entry", `${nameOf(stored)} is not JSON`)),
    (document) => Result.mapError(decode(document), (invalid) => refusal("invalid_entry", describe(stored, invalid)))
  )
  return Result.filterOrFail(
    decoded,
    (entry) => entry.key === key,
    () => refusal("invalid_entry", `${nameOf(stored)} has the content of another one`)
  )
}

const nameOf = ({ key, kind }: StoredEntry): string => `the ${kind} ${key}`

const describe = (stored: StoredEntry, { problems: [{ allowed, found, path }] }: InvalidInput.InvalidInput): string =>
  `${nameOf(stored)} does not decode: ${path === "" ? "document" : path}: ${allowed}; found ${found}`

const servesItsType = ({ defaultValue, killSwitch, rules, valueType }: FlagEntry): boolean =>
  valueType === "json" || (
    Value.fits(valueType, defaultValue) &&
    (killSwitch === undefined || Value.fits(valueType, killSwitch.value)) &&
    rules.every((rule) =>
      "variants" in rule
        ? rule.variants.every(({ value }) => Value.fits(valueType, value))
        : rule.value === undefined || Value.fits(valueType, rule.value)
    )
  )
