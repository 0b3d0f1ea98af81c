import type { Event, Telemetry } from "../Telemetry.ts"

/** Hands an event over, if there is somebody to take it. Answers whether that went well. */
export const tell = (telemetry: Telemetry["Service"] | undefined, event: Event): boolean => {
  try {
    telemetry?.emit(event)
    return true
  } catch {
    return false
  }
}
