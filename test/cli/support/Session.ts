/** Terminal sessions in documents: blocks of `console`, each a command after `$` and what it prints. */
import * as Effect from "effect/Effect"
import type { Ended } from "./Binary.ts"

const block = /^```console\n([^]*?)^```/gm

/** The document with what its commands print now. They run one after another; a line `(exit code N)` follows a failure. */
export const replay = Effect.fnUntraced(function*(
  document: string,
  shell: (line: string) => Effect.Effect<Ended>
): Effect.fn.Return<string> {
  const sessions = [...document.matchAll(block)]
  const replayed = yield* Effect.forEach(
    sessions,
    ([, session = ""]) =>
      Effect.forEach(
        commands(session),
        (command) =>
          Effect.map(shell(`${command} 2>&1`), ({ code, output }) =>
            `$ ${command}\n${output}${code === 0 ? "" : `(exit code ${code})\n`}`)
      )
  )
  const texts = replayed.map((parts) => `\`\`\`console\n${parts.join("\n")}\`\`\``)
  return document.replaceAll(block, () => texts.shift() ?? "")
})

const commands = (session: string): ReadonlyArray<string> =>
  session.split("\n").flatMap((line) => line.startsWith("$ ") ? [line.slice(2)] : [])

/** What is another time every time. */
export const withoutTimes = (text: string): string =>
  text
    .replace(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, "<time>")
    .replace(/\d{4}-\d{2}-\d{2}/g, "<day>")
    .replace(/\d+ ms/g, "<duration>")
    .replace(/digest [0-9a-f]+/g, "<digest>")
