// The process of one section.
import type { Section } from "../Measurement.ts"
import { stayLocal } from "./offline.ts"
import type { Measured } from "./sections.ts"

const [module = "", effort] = process.argv.slice(2)

const measure = async (): Promise<Pick<Measured, "measurements" | "problem">> => {
  const attempts = stayLocal()
  try {
    const { section }: { readonly section: Section } = await import(module)
    const measurements = await section.measure(effort === "quick")
    const hosts = [...attempts.hosts]
    return { measurements, problem: hosts.length > 0 ? `tried to connect to ${hosts.join(", ")}` : undefined }
  } catch (error) {
    return { measurements: [], problem: error instanceof Error ? error.message : String(error) }
  }
}

process.send?.(JSON.stringify(await measure()), () => process.exit())
