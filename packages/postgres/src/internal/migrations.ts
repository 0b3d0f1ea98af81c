import { initial } from "./migrations/0001_initial.ts"
import type { Migration } from "./migrations/Migration.ts"

/** Their place in this list, from 1, is the schema's version after them. What was released never changes. */
export const migrations: ReadonlyArray<Migration> = [initial]

/** The version of the schema that this code works with. */
export const latest = migrations.length
