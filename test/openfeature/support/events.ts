/** What a provider tells the SDK. */
import { type Provider, ProviderEvents } from "@openfeature/server-sdk"

const names = {
  [ProviderEvents.Ready]: "READY",
  [ProviderEvents.Error]: "ERROR",
  [ProviderEvents.Stale]: "STALE",
  [ProviderEvents.ConfigurationChanged]: "CONFIGURATION_CHANGED"
}

/** From now on; changed flags and error codes follow the name. */
export const eventsOf = (provider: Provider): ReadonlyArray<string> => {
  const events: Array<string> = []
  for (const event of Object.values(ProviderEvents)) {
    provider.events?.addHandler(event, (details) => {
      const { errorCode, flagsChanged }: Readonly<Record<string, unknown>> = { ...details }
      events.push([names[event], flagsChanged ?? [], errorCode ?? []].flat().map(String).join(" "))
    })
  }
  return events
}

/** When the provider has said what it says after it is initialized. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
