/**
 * Layers of modules that load when they are built: a client starts without what its options do not ask for, as the driver
 * of a database.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export const loaded = <Module, A, E, R>(
  load: () => Promise<Module>,
  layer: (module: Module) => Layer.Layer<A, E, R>
): Layer.Layer<A, E, R> => Layer.unwrap(Effect.map(Effect.promise(load), layer))
