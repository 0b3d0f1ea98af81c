// The pure evaluator: no service, no telemetry, no provenance.
import * as Evaluator from "rulestead/Evaluator"
import { rulesteadBucket } from "../expected.ts"
import type { Flag } from "../flags.ts"
import { type Subject, sync } from "../Subject.ts"
import { context, entry } from "./support/entries.ts"

type Context = ReturnType<typeof context>

/** As in a node, which reads its flags from JSON: that decides how V8 keeps the strings. */
const compile = (flag: Flag) => Evaluator.compileFlag(JSON.parse(JSON.stringify(entry(flag))))

const compiled = (flags: ReadonlyArray<Flag>) => {
  const byKey = new Map(flags.map((flag) => [flag.key, compile(flag)]))
  const inOrder = [...byKey.values()]
  const all = {
    decide: (context: Context) => {
      const answers: Array<unknown> = []
      for (const flag of inOrder) answers.push(Evaluator.evaluate(flag, context).value)
      return answers
    },
    answer: (answers: ReadonlyArray<unknown>, flag: Flag) => answers[flags.indexOf(flag)]
  }
  return { byKey, all }
}

const lookUp = (byKey: ReadonlyMap<string, Evaluator.CompiledFlag>, key: string) => (context: Context): unknown => {
  const flag = byKey.get(key)
  return flag === undefined ? false : Evaluator.evaluate(flag, context).value
}

const evaluator = (flags: ReadonlyArray<Flag>) => {
  const { all, byKey } = compiled(flags)
  return { context, decide: ({ key }: Flag) => lookUp(byKey, key), all }
}

const handle = (flags: ReadonlyArray<Flag>) => {
  const { all, byKey } = compiled(flags)
  return {
    context,
    decide: ({ key }: Flag) => {
      const flag = byKey.get(key)
      return flag === undefined
        ? lookUp(byKey, key)
        : (context: Context): unknown => Evaluator.evaluate(flag, context).value
    },
    all
  }
}

export const subjects: ReadonlyArray<Subject> = [
  sync({
    name: "rulestead",
    configuration: "evaluator",
    how: "A flag looked up by its key in a Map, and `Evaluator.evaluate`.",
    bucket: rulesteadBucket,
    load: evaluator
  }),
  sync({
    name: "rulestead",
    configuration: "evaluator, handle",
    how: "`Evaluator.evaluate` with the compiled flag in hand.",
    bucket: rulesteadBucket,
    load: handle
  })
]
