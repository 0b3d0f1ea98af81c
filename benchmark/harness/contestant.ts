// A subject in its process, as seen from outside.
import { type ChildProcess, fork } from "node:child_process"
import { join } from "node:path"
import { type Answer, received, type Request, type Start } from "./protocol.ts"
import type { Entry } from "./subjects.ts"

const patience = 180_000

export class Contestant {
  readonly entry: Entry
  readonly #process: ChildProcess
  #answer = (_: Answer): void => {}
  /** Why it takes no further part. */
  problem: string | undefined

  private constructor(entry: Entry) {
    this.entry = entry
    this.#process = fork(join(import.meta.dirname, "worker.ts"), {
      // One seed for all: otherwise a look-up in a table costs, by chance, up to twice as much in one process as in another.
      execArgv: ["--conditions=source", "--hash-seed=20"],
      env: { ...process.env, NODE_ENV: "production" },
      stdio: ["ignore", "ignore", "ignore", "ipc"]
    })
    this.#process.on("message", (message) => this.#answer(received(message)))
    this.#process.on("exit", (code, signal) => this.#answer({ problem: `its process ended: ${signal ?? code}` }))
  }

  static async start(entry: Entry, settings: Omit<Start, "module" | "position">): Promise<Contestant> {
    const contestant = new Contestant(entry)
    await contestant.#ask({ ...settings, module: entry.module, position: entry.position })
    return contestant
  }

  /** Nanoseconds per decision; `undefined` when it has a problem. */
  measure(scenario: string, milliseconds: number): Promise<number | undefined> {
    return this.#ask({ scenario, milliseconds })
  }

  stop(): void {
    this.#process.kill("SIGKILL")
  }

  async #ask(request: Request): Promise<number | undefined> {
    if (this.problem !== undefined) return undefined
    const answer = await new Promise<Answer>((resolve) => {
      const timer = setTimeout(() => resolve({ problem: `no answer within ${patience / 1000} s` }), patience)
      this.#answer = (answer) => {
        clearTimeout(timer)
        resolve(answer)
      }
      this.#process.send(JSON.stringify(request))
    })
    if ("nanoseconds" in answer) return answer.nanoseconds
    this.problem = answer.problem
    this.stop()
    return undefined
  }
}
