// What the answers must be, worked out from the flags as simply as possible.
import { hash } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import type { Condition, Flag, Rule, User, Value } from "./flags.ts"

/** Buckets differ from product to product; this is how Rulestead's are told, where they are known. */
export type Bucket = (namespace: Namespace, flag: Flag, rule: Rule, user: User) => number

export type Namespace = "rollout" | "variant"

export const ruleKey = (flag: Flag, rule: Rule): string => `serve-${rule.serve.to}-${flag.rules.indexOf(rule)}`
export const rulesetSalt = "8f2c1a9b"
export const rolloutSalt = "3e7d5c21"

/** What version 1 of Rulestead's hash puts in front of the identity. */
export const hashPrefix = (namespace: Namespace, flag: Flag, rule: Rule): string =>
  `v1:${namespace}:${flag.key}:${ruleKey(flag, rule)}:${rulesetSalt}:${rolloutSalt}:subject:${namespace}:`

export const rulesteadBucket: Bucket = (namespace, flag, rule, user) =>
  Number(hash("sha256", hashPrefix(namespace, flag, rule) + user.key, "buffer").readBigUInt64BE() % 10_000n)

const sets = new WeakMap<ReadonlyArray<string>, ReadonlySet<string>>()

const setOf = (values: ReadonlyArray<string>): ReadonlySet<string> => {
  const set = sets.get(values) ?? new Set(values)
  sets.set(values, set)
  return set
}

const holds = (condition: Condition, user: User): boolean => {
  switch (condition.operator) {
    case "equals":
      return user[condition.attribute] === condition.value
    case "in":
      return setOf(condition.values).has(user[condition.attribute])
    case "above":
      return user[condition.attribute] > condition.value
  }
}

const served = (flag: Flag, rule: Rule, user: User, bucket: Bucket): Value | undefined => {
  const { serve } = rule
  switch (serve.to) {
    case "everybody":
      return serve.value
    case "share":
      return bucket("rollout", flag, rule, user) < serve.percentage * 100 ? serve.value : undefined
    case "split": {
      const reached = bucket("variant", flag, rule, user)
      let end = 0
      return serve.variants.find(({ percentage }) => reached < (end += percentage * 100))?.value
    }
  }
}

export const answer = (flag: Flag, user: User, bucket: Bucket): Value => {
  for (const rule of flag.rules) {
    if (!rule.conditions.every((condition) => holds(condition, user))) continue
    const value = served(flag, rule, user, bucket)
    if (value !== undefined) return value
  }
  return flag.fallback
}

export const isBucketed = (flag: Flag): boolean => flag.rules.some(({ serve }) => serve.to !== "everybody")

/**
 * Complains about a list of answers: each must be the right one, and where the product buckets users in its own way,
 * each value must go to its share of them, within six standard deviations.
 */
export const check = (
  flag: Flag,
  given: ReadonlyArray<{ readonly user: User; readonly answer: unknown }>,
  bucket: Bucket | undefined
): string | undefined => {
  if (bucket === undefined && isBucketed(flag)) return checkShares(flag, given.map(({ answer }) => answer))
  for (const { answer: actual, user } of given) {
    const expected = answer(flag, user, bucket ?? noBuckets)
    if (!isDeepStrictEqual(actual, expected)) {
      return `${flag.key} answered ${JSON.stringify(actual)} to ${user.key}, not ${JSON.stringify(expected)}`
    }
  }
  return undefined
}

const noBuckets: Bucket = () => 0

const checkShares = (flag: Flag, answers: ReadonlyArray<unknown>): string | undefined => {
  const expected = shares(flag)
  for (const [value, share] of expected) {
    const count = answers.filter((answer) => answer === value).length
    const tolerance = 6 * Math.sqrt(answers.length * share * (1 - share))
    if (Math.abs(count - share * answers.length) > tolerance) {
      return `${flag.key} answered ${JSON.stringify(value)} to ${count} of ${answers.length}, not to ${share * 100} %`
    }
  }
  const odd = answers.find((answer) => !expected.some(([value]) => value === answer))
  return odd === undefined ? undefined : `${flag.key} answered ${JSON.stringify(odd)}`
}

const shares = (flag: Flag): ReadonlyArray<readonly [Value, number]> =>
  flag.rules.flatMap(({ serve }) => {
    switch (serve.to) {
      case "everybody":
        return []
      case "share":
        return [[serve.value, serve.percentage / 100], [flag.fallback, 1 - serve.percentage / 100]] as const
      case "split":
        return serve.variants.map(({ percentage, value }) => [value, percentage / 100] as const)
    }
  })
