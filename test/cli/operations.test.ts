import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Path from "node:path"
import { Rulestead } from "rulestead/Rulestead"
import * as SnapshotBackupDisk from "rulestead/SnapshotBackupDisk"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Opener } from "../../packages/cli/src/Connection.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { begin } from "./support/begin.ts"
import * as CommandLine from "./support/CommandLine.ts"

describe("status", () => {
  it.live("shows what is live, and what is killed", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("kill checkout --env dev")
      const { output } = yield* cli.run("status")
      assert.match(output, /^dev +no +2 +\S+Z +1 +0 +1 +-$/m)
      assert.match(output, /^prod +yes +none +- +0 +0 +- +-$/m)
      assert.match(output, /^killed in dev: checkout$/m)
    }))

  it.live("shows which flags have drafts that are not published, and where", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("flag create banner")
      yield* cli.run("rule set banner all --value true --env dev")
      yield* cli.run("rule set checkout launch --percentage 20 --env dev")
      const { output } = yield* cli.run("status")
      assert.match(output, /^dev +no +1 +\S+Z +1 +0 +- +2$/m)
      assert.match(output, /^drafts in dev: banner, checkout$/m)
      const drafts = Schema.Struct({
        environments: Schema.Array(Schema.Struct({ key: Schema.String, drafts: Schema.Array(Schema.String) }))
      })
      assert.deepStrictEqual(yield* cli.json(drafts, "status"), {
        environments: [{ key: "dev", drafts: ["banner", "checkout"] }, { key: "prod", drafts: [] }]
      })
      yield* cli.run("publish checkout --env dev")
      assert.match((yield* cli.run("status")).output, /^drafts in dev: banner$/m)
    }))

  it.live("names no more flags than can be read at a glance, and has all of them for programs", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const flags = Array.from({ length: 12 }, (_, index) => ({
        key: `flag-${String(index).padStart(2, "0")}`,
        valueType: "boolean",
        defaultValue: false,
        draft: { rules: [] }
      }))
      yield* cli.write("flags.json", JSON.stringify({ schemaVersion: 1, flags }))
      yield* cli.run("import flags.json --env dev --yes")
      const { output } = yield* cli.run("status", { terminal: { columns: 80 }, variables: { NO_COLOR: "1" } })
      const keys = flags.map(({ key }) => key)
      assert.include(output, `\ndrafts in dev: ${keys.slice(0, 10).join(", ")} and 2 more`)
      assert.include((yield* cli.run("status --format json")).output, "flag-11")
    }))
})

describe("verify", () => {
  it.live("passes where a fresh node serves what is published", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const { code, output } = yield* cli.run("verify --env dev")
      assert.strictEqual(code, 0)
      for (const check of ["snapshot", "decisions", "refresh", "announcements"]) {
        assert.match(output, new RegExp(`^${check} +ok `, "m"))
      }
    }))

  it.live("fails where the head is not what nodes get", () =>
    Effect.gen(function*() {
      const whole = yield* begin()
      const feed = Context.get(whole.services, SnapshotFeed)
      const lagging = Context.add(whole.services, SnapshotFeed, {
        ...feed,
        // The node is told another digest than whoever asks for everything again.
        changesSince: (environment, held) =>
          Effect.map(feed.changesSince(environment, held), (changes) =>
            asked++ === 0 ? changes : { ...changes, head: { ...changes.head, digest: "f".repeat(64) } })
      })
      let asked = 0
      const cli = yield* CommandLine.make({ store: Layer.succeedContext(lagging) })
      const { code, errors, output } = yield* cli.run("verify --env dev")
      assert.strictEqual(code, 3)
      assert.match(output, /^snapshot +failed /m)
      assert.include(errors, "dev is not as it should be")
    }))

  it.live("fails where there is no such environment", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const { code, errors } = yield* cli.run("verify --env stage")
      assert.strictEqual(code, 1)
      assert.include(errors, "There is no environment stage\nThere are: dev, prod.")
    }))
})

describe("watch", () => {
  it.live("prints what changes, a line for each", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const watching = yield* Effect.forkChild(cli.run("watch --env dev --count 1 --format json"))
      // The first line is printed when the node is there; a change before that would be missed.
      yield* Effect.raceFirst(
        Fiber.join(watching),
        Effect.forever(Effect.andThen(cli.run("kill checkout --env dev"), cli.run("release checkout --env dev")))
      )
      const { code, output } = yield* Fiber.join(watching)
      assert.strictEqual(code, 0)
      const lines = output.split("\n").map((line): unknown => JSON.parse(line))
      assert.strictEqual(lines.length, 2)
      const Change = Schema.Struct({ at: Schema.Finite, changed: Schema.Tuple([Schema.Literal("checkout")]) })
      assert.isTrue(Schema.is(Change)(lines[1]))
    }))
})

describe("dev", () => {
  it.live("applies a manifest whenever it is saved, and says how decisions change", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const manifest = (value: boolean) =>
        `schemaVersion: 1
flags:
  - key: checkout
    valueType: boolean
    defaultValue: false
    ruleset: { rules: [{ key: all, strategy: forced_value, value: ${value} }] }
`
      yield* cli.write("flags.yaml", manifest(true))
      const heard: Array<string> = []
      const running = yield* Effect.forkChild(
        cli.run("dev flags.yaml --env dev", { onOutput: (line) => heard.push(line) })
      )
      const until = (line: string, write: Effect.Effect<void>) =>
        Effect.repeat(Effect.andThen(write, Effect.sleep("50 millis")), { until: () => heard.includes(line) })
      yield* until("dev is open. Ctrl-C ends it.", Effect.void)
      yield* until("  checkout: true -> false", cli.write("flags.yaml", manifest(false)))
      yield* until("flags.yaml: nothing to change", cli.write("flags.yaml", manifest(false)))
      yield* Fiber.interrupt(running)
    }))
})

describe("audit", () => {
  it.live("lists, filters and shows", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("kill checkout --env dev --reason fire --actor grace")
      const { output } = yield* cli.run("audit list checkout --by grace --action kill_switch.engage --env dev")
      assert.match(output, /grace +kill_switch.engage +checkout in dev .*fire/)
      assert.strictEqual((yield* cli.run("audit list --since 2100-01-01")).output, "Nothing was done.")
      assert.include((yield* cli.run("audit list --limit 1")).errors, "--before")
      const id = /^(\d+) /m.exec(output)?.[1]
      assert.include((yield* cli.run(`audit show ${id}`)).output, "reason       fire")
      assert.strictEqual((yield* cli.run("audit show 9999")).code, 1)
    }))
})

describe("lifecycle and code-refs", () => {
  it.live("find what code asks for, and keep it", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("flag create unused")
      yield* cli.write("package.json", "{ \"name\": \"shop\" }")
      yield* cli.write("main.ts", "client.enabled(\"checkout\")\nclient.enabled(\"gone\")\n")
      const found = yield* cli.run("code-refs --record")
      assert.match(found.output, /^checkout +call +main.ts:1$/m)
      assert.include(found.output, "asked for, and not in the store: gone")
      assert.include(found.output, "in the store, and not referred to: unused")
      assert.include(found.output, "recorded as shop")
      const report = yield* cli.run("lifecycle --env dev")
      assert.match(report.output, /^checkout .* 1 place /m)
      assert.strictEqual((yield* cli.run("lifecycle --env dev --owner nobody")).output, "No such flags.")
    }))
})

describe("a backup", () => {
  it.live("decides without the store, and is left as it is", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const directory = Path.join(cli.directory, "backup")
      const disk = SnapshotBackupDisk.layer({ directory, application: "shop" }).pipe(
        Layer.provideMerge(Layer.merge(NodeFileSystem.layer, NodePath.layer))
      )
      const files = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(directory, { recursive: true }))
        .pipe(
          Effect.provide(NodeFileSystem.layer)
        )
      yield* Effect.repeat(Rulestead.health, { until: ({ backup }) => backup.state === "written" }).pipe(
        Effect.provide(Layer.provide(Rulestead.layer({ environment: "dev" }), disk)),
        Effect.provideContext(cli.services)
      )
      const before = yield* files
      const offline = yield* CommandLine.make({ open: () => Effect.die("no store is opened") })
      const { errors, output } = yield* offline.run(
        `evaluate checkout --key u1 --env dev --application shop --backup ${directory}`
      )
      assert.strictEqual(errors, "")
      assert.include(output, "checkout: true, rule launch\nsnapshot 1 of dev (backup")
      assert.deepStrictEqual(yield* files, before)
      const none = yield* offline.run(`evaluate checkout --env stage --backup ${directory}`)
      assert.strictEqual(none.code, 1)
      assert.include(none.errors, "There is no backup of stage")
    }))
})

describe("a server", () => {
  it.live("is migrated, verified and used", () =>
    Effect.gen(function*() {
      const { url } = yield* TestDatabase
      const cli = yield* CommandLine.make({ open: yield* Opener })
      const run = (line: string) =>
        cli.run(line, { variables: { DATABASE_URL: Redacted.value(url), RULESTEAD_DIRECTORY: "" } })
      const early = yield* run("env list")
      assert.strictEqual(early.code, 3)
      assert.include(early.errors, "rulestead migrate")
      assert.strictEqual((yield* run("migrate --dry-run")).code, 2)
      assert.match((yield* run("migrate")).output, /^migrated from version 0 to version \d+$/)
      assert.strictEqual((yield* run("migrate --dry-run")).code, 0)
      assert.match((yield* run("migrate")).output, /^The tables are up to date: version \d+\.$/)
      yield* run("env create dev")
      yield* run("flag create checkout")
      yield* run("rule set checkout all --value true --env dev --publish")
      assert.strictEqual((yield* run("kill checkout --env dev --dry-run")).code, 2)
      const status = yield* run("status")
      assert.match(status.output, /^store +server 127\.0\.0\.1/m)
      assert.notInclude(status.output, "@")
      const verified = yield* run("verify --env dev")
      assert.deepStrictEqual([verified.code, verified.errors], [0, ""])
      assert.match(verified.output, /^schema +ok +version \d+$/m)
    }).pipe(Effect.provide(TestDatabase.layer)), 60_000)

  it.live("that is away is said to be away, and leaves nothing begun", () =>
    Effect.gen(function*() {
      const cli = yield* CommandLine.make({ open: yield* Opener })
      const away = { DATABASE_URL: "postgres://127.0.0.1:1/shop", RULESTEAD_DIRECTORY: "" }
      const first = yield* cli.run("init", { variables: away })
      assert.strictEqual(first.code, 1)
      assert.deepStrictEqual(yield* cli.run("init", { variables: away }), first)
      const { code, errors } = yield* cli.run("env list --url postgres://ada:hunter2@127.0.0.1:1/shop", {
        variables: { RULESTEAD_DIRECTORY: "" }
      })
      assert.strictEqual(code, 1)
      assert.include(errors, "Is the server running")
      assert.notInclude(errors, "hunter2")
    }))
})

describe("signatures", () => {
  it.live(
    "are made with the key of the environment, and a node with keys takes nothing else",
    () =>
      Effect.gen(function*() {
        const { url } = yield* TestDatabase
        const cli = yield* CommandLine.make({ open: yield* Opener })
        const key = "a secret of at least thirty-two bytes"
        const store = { DATABASE_URL: Redacted.value(url), RULESTEAD_DIRECTORY: "" }
        const run = (line: string, variables: Readonly<Record<string, string>> = {}) =>
          cli.run(line, { variables: { ...store, ...variables } })
        yield* run("migrate")
        yield* run("env create dev")
        yield* run("flag create checkout")
        yield* run("rule set checkout all --value true --env dev --publish")
        const signed = yield* run("sign --env dev --yes", { RULESTEAD_SIGNING_KEY: key })
        assert.deepStrictEqual([signed.code, signed.errors], [0, ""])
        const forgot = yield* run("kill checkout --env dev")
        assert.strictEqual(forgot.code, 3)
        assert.include(forgot.errors, "RULESTEAD_SIGNING_KEY")
        assert.notInclude(forgot.errors, key)
        assert.strictEqual((yield* run("verify --env dev", { RULESTEAD_VERIFY_KEYS: key })).code, 0)
        yield* run("export --env dev --snapshot --out flags.snapshot.json")
        assert.include(yield* cli.read("flags.snapshot.json"), "\"complete\":true")
      }).pipe(Effect.provide(TestDatabase.layer)),
    60_000
  )
})
