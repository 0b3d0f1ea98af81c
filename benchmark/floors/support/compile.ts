import { runInThisContext } from "node:vm"

/** Compiles source text to a function; the caller says of what type. */
export const compile = (parameters: ReadonlyArray<string>, source: string) =>
  runInThisContext(`(function(${parameters.join(", ")}) { ${source} })`)
