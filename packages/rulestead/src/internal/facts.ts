/**
 * Reading objects of the application, which may be anything.
 */

/** What is read by name. */
export interface Named {
  readonly [name: string]: unknown
}

/** Whether facts can be read from it by name. Lists have none. */
export const isFacts = (value: unknown): value is Named =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Whether every object inherits something of that name, as `constructor` or `__proto__`. */
export const isInherited = (name: string): boolean => name in Object.prototype

/**
 * Reads the fact of that name, as JavaScript would; but what every object inherits counts only where the object has it
 * itself, so that all names are alike.
 */
export const reader = (name: string): (facts: unknown) => unknown =>
  isInherited(name)
    ? (facts) => isFacts(facts) && Object.hasOwn(facts, name) ? facts[name] : undefined
    : (facts) => isFacts(facts) ? facts[name] : undefined
