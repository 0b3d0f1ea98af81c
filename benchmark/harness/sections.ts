// Runs the sections one after another, each in a process of its own.
import { fork } from "node:child_process"
import { globSync } from "node:fs"
import { join } from "node:path"
import type { Measurement, Section } from "../Measurement.ts"
import { received } from "./protocol.ts"

export interface Measured {
  readonly title: string
  readonly about: string
  readonly measurements: ReadonlyArray<Measurement>
  readonly problem: string | undefined
}

const folder = join(import.meta.dirname, "../sections")
const patience = 300_000

type Outcome = Pick<Measured, "measurements" | "problem">

const run = (module: string, quick: boolean): Promise<Outcome> =>
  new Promise((resolve) => {
    const child = fork(join(import.meta.dirname, "sectionWorker.ts"), [module, quick ? "quick" : "full"], {
      execArgv: ["--conditions=source", "--expose-gc"],
      env: { ...process.env, NODE_ENV: "production" },
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      timeout: patience,
      killSignal: "SIGKILL"
    })
    child.on("message", (message) => resolve(received(message)))
    child.on("exit", (code, signal) => resolve({ measurements: [], problem: `its process ended: ${signal ?? code}` }))
  })

export const measure = async (
  quick: boolean,
  progress: (text: string) => void,
  takesPart: (title: string) => boolean
): Promise<ReadonlyArray<Measured>> => {
  const measured: Array<Measured> = []
  for (const file of globSync("*.ts", { cwd: folder }).sort()) {
    const module = join(folder, file)
    const { section: { about, title } }: { readonly section: Section } = await import(module)
    if (!takesPart(title)) continue
    progress(`measuring: ${title}`)
    measured.push({ title, about, ...await run(module, quick) })
  }
  return measured
}
