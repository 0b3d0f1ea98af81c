// A subject is one row of the table: a product in one configuration. Each product has one file, which exports its
// `subjects`; a new file in `peers` takes part in the next run.
import * as Effect from "effect/Effect"
import type { Bucket } from "./expected.ts"
import { type Flag, unknownFlag, type User } from "./flags.ts"
import * as Loop from "./harness/loop.ts"

export interface Subject extends About {
  readonly kind: "sync" | "async" | "effect"
  readonly start: (flags: ReadonlyArray<Flag>, surroundings: Surroundings) => Promise<Running>
}

interface About {
  readonly name: string
  /** In a word: `fast` is its fastest sensible way in production, `default` the way its documentation begins with. */
  readonly configuration: string
  /** In a sentence: what that means. */
  readonly how: string
  /** The package on npm whose version is reported. */
  readonly package?: string
  /** How it buckets users, where that is known: its rollouts are then checked user by user. */
  readonly bucket?: Bucket
}

/** What a subject may use besides its flags. */
export interface Surroundings {
  readonly users: ReadonlyArray<User>
  /** The address of a server on this machine that takes whatever it is sent, for products that report decisions. */
  readonly sink: string
}

export interface Running {
  /** The answers to so many users, beginning with that one. */
  readonly answers: (flag: Flag, from: number, count: number) => Promise<ReadonlyArray<unknown>>
  /** The answers to all flags, in their order. */
  readonly allAnswers: (user: number) => Promise<ReadonlyArray<unknown>>
  /** Makes a clock for deciding a flag, or all of them. */
  readonly clock: (flag: Flag | undefined) => Clock
}

/** Decides for so many users, beginning with that one, and says how many nanoseconds it took. */
export type Clock = (from: number, count: number) => Promise<number>

/**
 * A product with its flags loaded. `Made` is what its functions return: a decision or decisions, or a promise or an
 * effect of them.
 */
interface Loaded<Context, Decision, Decisions, MadeOne, MadeAll> {
  /** A user in the product's own form; made before anything is timed. */
  readonly context: (user: User) => Context
  /** Asked once for a flag; what it returns is timed. */
  readonly decide: (flag: Flag) => (context: Context) => MadeOne
  /** The answer in a decision, where a decision is more; for checking, and never timed. */
  readonly answer?: (decision: Decision, flag: Flag) => unknown
  /** All flags for one user, where the product has a way of its own. Left out, they are decided one by one. */
  readonly all?: {
    readonly decide: (context: Context) => MadeAll
    /** The answer for a flag; for checking, and never timed. */
    readonly answer: (decisions: Decisions, flag: Flag) => unknown
  }
}

interface Load<Loaded> {
  readonly load: (flags: ReadonlyArray<Flag>, surroundings: Surroundings) => Loaded | Promise<Loaded>
}

/** A product that answers at once. */
export const sync = <Context, Decision, Decisions = never>(
  { load, ...about }: About & Load<Loaded<Context, Decision, Decisions, Decision, Decisions>>
): Subject => ({
  ...about,
  kind: "sync",
  start: async (flags, surroundings) => {
    const loaded = await load(flags, surroundings)
    const decisions = flags.map(loaded.decide)
    const way = <A>(decide: (context: Context) => A): Way<Context, A> => ({
      time: async (contexts, laps) => Loop.sync(decide, contexts, laps),
      see: async (context) => decide(context)
    })
    return running(loaded, flags, surroundings, {
      one: (flag) => way(loaded.decide(flag)),
      all: way,
      each: way((context) => decisions.map((decide) => decide(context)))
    })
  }
})

/** A product that answers with a promise. Awaiting it is part of what its users pay, and is timed. */
export const async = <Context, Decision, Decisions = never>(
  { load, ...about }: About & Load<Loaded<Context, Decision, Decisions, Promise<Decision>, Promise<Decisions>>>
): Subject => ({
  ...about,
  kind: "async",
  start: async (flags, surroundings) => {
    const loaded = await load(flags, surroundings)
    const decisions = flags.map(loaded.decide)
    const each = async (context: Context) => {
      const made: Array<Decision> = []
      for (const decide of decisions) made.push(await decide(context))
      return made
    }
    const way = <A>(decide: (context: Context) => Promise<A>): Way<Context, A> => ({
      time: (contexts, laps) => Loop.async(decide, contexts, laps),
      see: decide
    })
    return running(loaded, flags, surroundings, { one: (flag) => way(loaded.decide(flag)), all: way, each: way(each) })
  }
})

type Eff<A, R> = Effect.Effect<A, never, R>

/** A product that answers with an effect, yielded inside a fiber that is running. */
export const effect = <Context, Decision, R, Decisions = never>(
  { load, ...about }:
    & About
    & Load<
      & Loaded<Context, Decision, Decisions, Eff<Decision, R>, Eff<Decisions, R>>
      & { readonly run: <A>(effect: Eff<A, R>) => Promise<A> }
    >
): Subject => ({
  ...about,
  kind: "effect",
  start: async (flags, surroundings) => {
    const loaded = await load(flags, surroundings)
    const decisions = flags.map(loaded.decide)
    const each = Effect.fnUntraced(function*(context: Context) {
      const made: Array<Decision> = []
      for (const decide of decisions) made.push(yield* decide(context))
      return made
    })
    const way = <A>(decide: (context: Context) => Eff<A, R>): Way<Context, A> => ({
      time: (contexts, laps) => loaded.run(Loop.effect(decide, contexts, laps)),
      see: (context) => loaded.run(decide(context))
    })
    return running(loaded, flags, surroundings, { one: (flag) => way(loaded.decide(flag)), all: way, each: way(each) })
  }
})

interface Way<Context, A> {
  readonly time: (contexts: ReadonlyArray<Context>, laps: number) => Promise<number>
  readonly see: (context: Context) => Promise<A>
}

interface Ways<Context, Decision, Decisions, MadeAll> {
  readonly one: (flag: Flag) => Way<Context, Decision>
  readonly all: (decide: (context: Context) => MadeAll) => Way<Context, Decisions>
  readonly each: Way<Context, ReadonlyArray<Decision>>
}

const running = <Context, Decision, Decisions, MadeOne, MadeAll>(
  { all, answer = (decision) => decision, context }: Loaded<Context, Decision, Decisions, MadeOne, MadeAll>,
  flags: ReadonlyArray<Flag>,
  { users }: Surroundings,
  ways: Ways<Context, Decision, Decisions, MadeAll>
): Running => {
  const contexts = users.map(context)
  const rotation = (from: number, count: number): ReadonlyArray<Context> => {
    const upToEnd = contexts.slice(from, from + count)
    return [...upToEnd, ...contexts.slice(0, count - upToEnd.length)]
  }
  return {
    answers: (flag, from, count) => {
      const { see } = ways.one(flag)
      return inTurn(rotation(from, count), async (context) => answer(await see(context), flag))
    },
    allAnswers: async (user) => {
      const [answers] = await inTurn(rotation(user, 1), async (context) => {
        if (all === undefined) {
          const decisions = await ways.each.see(context)
          return decisions.map((decision, index) => answer(decision, flags[index] ?? unknownFlag))
        }
        const decisions = await ways.all(all.decide).see(context)
        return flags.map((flag) => all.answer(decisions, flag))
      })
      return answers ?? []
    },
    clock: (flag) => {
      const { time } = flag !== undefined ? ways.one(flag) : all === undefined ? ways.each : ways.all(all.decide)
      return (from, count) =>
        count < contexts.length ? time(rotation(from, count), 1) : time(contexts, Math.ceil(count / contexts.length))
    }
  }
}

const inTurn = async <A, B>(items: ReadonlyArray<A>, run: (item: A) => Promise<B>): Promise<ReadonlyArray<B>> => {
  const results: Array<B> = []
  for (const item of items) results.push(await run(item))
  return results
}
