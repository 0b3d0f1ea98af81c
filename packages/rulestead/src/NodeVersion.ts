/**
 * Which Node.js is needed. An older one lacks what deciding is written with, and would start and then serve nothing.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * The oldest version that will do.
 *
 * @category models
 * @since 0.1.0
 */
export const oldest = "22.19.0"

/**
 * The Node.js that runs this is too old.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnsupportedNode extends Data.TaggedError("UnsupportedNode")<{ readonly version: string }> {
  override get message(): string {
    return `Rulestead needs Node.js ${oldest} or newer; this is ${this.version}`
  }
}

/**
 * The error to fail with, if a version is too old; by default the one that runs this. Where no Node.js runs it, nothing is
 * refused.
 *
 * @category checking
 * @since 0.1.0
 */
export const refuse = (version: string = running()): UnsupportedNode | undefined => {
  const difference = oldest.split(".").map((part, place) => Number(version.split(".")[place]) - Number(part))
  const first = difference.find((difference) => difference !== 0)
  return first !== undefined && first < 0 ? new UnsupportedNode({ version }) : undefined
}

const running = (): string => typeof process === "undefined" ? oldest : process.versions.node
