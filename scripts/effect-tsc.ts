// The TypeScript compiler with Effect's diagnostics added: takes the arguments of `tsc`.
import { execFileSync, spawnSync } from "node:child_process"
import { join } from "node:path"

const tsgo = join(import.meta.dirname, "../node_modules/@effect/tsgo/dist/effect-tsgo.cjs")
const compiler = execFileSync(process.execPath, [tsgo, "get-exe-path"], { encoding: "utf8" }).trim()

const { error, status } = spawnSync(compiler, process.argv.slice(2), { stdio: "inherit" })
if (error) throw error
process.exitCode = status ?? 1
