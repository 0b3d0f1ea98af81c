// The limit: flags written out by hand. Not competitors, for they count nothing and explain nothing.
import { hash } from "node:crypto"
import { rulesteadBucket } from "../expected.ts"
import type { Flag, User } from "../flags.ts"
import { async, type Subject, sync } from "../Subject.ts"
import * as Murmur3 from "./support/murmur3.ts"
import * as Sha256 from "./support/sha256.ts"
import { type Hash, type Straight, straight } from "./support/straight.ts"

const sha256 = { bucket: rulesteadBucket }

const compiled = (flags: ReadonlyArray<Flag>, hash: Hash) => {
  const byKey = new Map(flags.map((flag) => [flag.key, straight(flag, hash)]))
  const inOrder = [...byKey.values()]
  const all = {
    decide: (user: User) => {
      const answers: Array<unknown> = []
      for (const decide of inOrder) answers.push(decide(user))
      return answers
    },
    answer: (answers: ReadonlyArray<unknown>, flag: Flag) => answers[flags.indexOf(flag)]
  }
  return { byKey, all }
}

const itself = (user: User): User => user

const lookUp = (byKey: ReadonlyMap<string, Straight>, key: string) => (user: User): unknown => {
  const decide = byKey.get(key)
  return decide === undefined ? false : decide(user)
}

const handle = (flags: ReadonlyArray<Flag>, hash: Hash) => {
  const { all, byKey } = compiled(flags, hash)
  return {
    context: itself,
    decide: ({ key }: Flag) => byKey.get(key) ?? lookUp(byKey, key),
    all
  }
}

const codegen = (flags: ReadonlyArray<Flag>, hash: Hash) => {
  const { all, byKey } = compiled(flags, hash)
  return { context: itself, decide: ({ key }: Flag) => lookUp(byKey, key), all }
}

const awaited = (flags: ReadonlyArray<Flag>) => {
  const { byKey } = compiled(flags, Murmur3.make)
  return {
    context: itself,
    decide: ({ key }: Flag) => {
      const decide = lookUp(byKey, key)
      return async (user: User) => decide(user)
    }
  }
}

const nodeCrypto: Hash = (prefix) => (key) => Number(hash("sha256", prefix + key, "buffer").readBigUInt64BE() % 10_000n)

export const subjects: ReadonlyArray<Subject> = [
  sync({
    name: "floor",
    configuration: "handle",
    how: "Straight-line code per flag, called directly; the 32-bit murmur hash.",
    load: (flags) => handle(flags, Murmur3.make)
  }),
  sync({
    name: "floor",
    configuration: "handle, sha256",
    how: "The same with Rulestead's hash.",
    ...sha256,
    load: (flags) => handle(flags, Sha256.make)
  }),
  sync({
    name: "floor",
    configuration: "codegen",
    how: "Straight-line code per flag, looked up by its key in a Map; the 32-bit murmur hash.",
    load: (flags) => codegen(flags, Murmur3.make)
  }),
  sync({
    name: "floor",
    configuration: "codegen, sha256",
    how: "The same with Rulestead's hash.",
    ...sha256,
    load: (flags) => codegen(flags, Sha256.make)
  }),
  sync({
    name: "floor",
    configuration: "codegen, node:crypto",
    how: "The same with the SHA-256 of node:crypto.",
    ...sha256,
    load: (flags) => codegen(flags, nodeCrypto)
  }),
  async({
    name: "floor",
    configuration: "codegen",
    how: "As codegen, but each decision is a promise and awaited.",
    load: awaited
  })
]
