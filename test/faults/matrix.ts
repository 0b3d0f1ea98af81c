/**
 * What is tried, and what has to come of it. The modules beside this one bring the faults about, `phases.ts` says what
 * happens around them, and `npm run faults` prints this as a table.
 */
import type { BackingUp, Listening, Readiness } from "rulestead/Health"
import type { Fault as BackupFault } from "rulestead/SnapshotBackup"
import type { StoreUnavailable } from "rulestead/StoreError"
import type { Event, RefreshReason } from "rulestead/Telemetry"

/**
 * - `first start`: a node starts while the fault lasts.
 * - `first start with a backup`: so it does, with the backup of a node that ran before.
 * - `running`: the fault comes over a node that serves.
 * - `publishing`: so it does, while somebody publishes without a pause.
 * - `stopping`: a node stops while the fault lasts, with a look at the store under way.
 *
 * Then the fault ends, something is published, and the same node (when it stopped: another one) has to serve it.
 */
export const phases = ["first start", "first start with a backup", "running", "publishing", "stopping"] as const

export type Phase = typeof phases[number]

/**
 * What is decided while the fault lasts.
 *
 * - `default`: what the caller gave as default; there is nothing to decide from.
 * - `held`: what the node served before, or what its backup holds.
 * - `previous`: the publish before that one.
 * - `latest`: what was published last.
 * - `committed`: one of those that were published, none before one that was served already.
 */
export type Serves = "default" | "held" | "previous" | "latest" | "committed"

/** What a node shows: `problem` is why the last look at the store failed, `lost` what telemetry has lost. */
export interface Shown {
  readonly serves: Serves
  readonly readiness: Readiness["_tag"]
  readonly stale: boolean
  readonly live?: boolean
  readonly problem?: RefreshReason | null
  readonly listener?: Listening["state"]
  readonly backup?: BackingUp["state"]
  readonly quarantined?: BackupFault
  readonly lost?: "failed" | "dropped"
}

type Partly<E> = E extends { readonly _tag: infer Tag } ? { readonly _tag: Tag } & Partial<Omit<E, "_tag">> : never

/** An event, with those of its fields that matter. */
export type Told = Event["_tag"] | Partly<Event>

/**
 * - `during`: what is shown while the fault lasts.
 * - `told`: events that are told meanwhile, among others. `afterwards`: those that are told until the node has recovered.
 * - `publisher`: what a publisher is told meanwhile; otherwise its publishes are acknowledged.
 * - `backup`: the state of the backup in the end, if there is one.
 */
export interface Cell {
  readonly during: Shown
  readonly told: ReadonlyArray<Told>
  readonly afterwards?: ReadonlyArray<Told>
  readonly publisher?: StoreUnavailable["reason"] | "defect" | "silence"
  readonly backup?: BackingUp["state"]
}

export type Cells = { readonly [P in Phase]?: Cell }

/** `what`: how the fault is brought about. */
export interface Fault {
  readonly what: string
  readonly cells: Cells
}

export type Family = Readonly<Record<string, Fault>>

const fresh: Shown = { serves: "latest", readiness: "Fresh", stale: false, problem: null }

const empty = (problem: RefreshReason): Shown => ({ serves: "default", readiness: "Empty", stale: true, problem })

const fromBackup = (problem: RefreshReason): Shown => ({
  serves: "held",
  readiness: "FromBackup",
  stale: true,
  problem
})

const stale = (problem: RefreshReason): Shown => ({ serves: "held", readiness: "Fresh", stale: true, problem })

const closed: Shown = { serves: "held", readiness: "Fresh", stale: true, live: false }

const failed = (reason: RefreshReason): Told => ({ _tag: "RefreshFailed", reason })

const refused = (reason: Extract<Event, { _tag: "SnapshotRefused" }>["reason"]): Told => ({
  _tag: "SnapshotRefused",
  source: "live",
  reason
})

const deaf = (reason: Extract<Event, { _tag: "ListenerLost" }>["reason"]): Told => ({ _tag: "ListenerLost", reason })

const pick = <P extends Phase>(cells: { readonly [Q in P]: Cell }, ...phases: ReadonlyArray<P>): Cells =>
  Object.fromEntries(phases.map((phase) => [phase, cells[phase]]))

/** The store cannot be asked: what is there is served, and shown to be old. */
const away = (reason: RefreshReason & StoreUnavailable["reason"]) => ({
  "first start": { during: empty(reason), told: [failed(reason)], afterwards: ["BecameFresh"] },
  "first start with a backup": {
    during: fromBackup(reason),
    told: ["BackupLoaded", failed(reason)],
    afterwards: ["BecameFresh", "BackupWritten"],
    backup: "written"
  },
  "running": { during: stale(reason), told: [failed(reason), "BecameStale"], afterwards: ["BecameFresh"] },
  "publishing": {
    during: { ...stale(reason), serves: "committed" },
    told: [failed(reason), "BecameStale"],
    afterwards: ["BecameFresh"],
    publisher: reason
  },
  "stopping": { during: closed, told: [failed(reason)] }
} satisfies Cells)

/** The store answers what is not believed. */
const refusing = (reason: RefreshReason & Extract<Event, { _tag: "SnapshotRefused" }>["reason"]) => ({
  "first start": {
    during: empty(reason),
    told: [refused(reason), failed(reason)],
    afterwards: ["BecameFresh"]
  },
  "first start with a backup": {
    during: fromBackup(reason),
    told: ["BackupLoaded", refused(reason), failed(reason)],
    afterwards: ["BecameFresh", "BackupWritten"],
    backup: "written"
  },
  "running": {
    during: stale(reason),
    told: [refused(reason), failed(reason), "BecameStale"],
    afterwards: ["BecameFresh"]
  }
} satisfies Cells)

/** It costs the node nothing that can be seen from outside. */
const unharmed = (...told: ReadonlyArray<Told>) => ({
  "first start": { during: fresh, told: ["SnapshotApplied", "BecameFresh", ...told] },
  "first start with a backup": { during: fresh, told: ["BackupLoaded", "BecameFresh", ...told], backup: "written" },
  "running": { during: fresh, told: ["SnapshotVerified", ...told], afterwards: ["SnapshotApplied"] },
  "publishing": { during: { ...fresh, serves: "committed" }, told: ["SnapshotApplied", ...told] },
  "stopping": { during: closed, told }
} satisfies Cells)

/** Faults of a server as a whole, on a server of their own, one after another. */
const server = {
  "connection refused": {
    what: "the server is shut down",
    cells: away("unreachable")
  },
  "SIGSTOP": {
    what: "the server and all its processes are suspended",
    cells: away("timeout")
  },
  "kill -9 and restart": {
    what: "all processes of the server are killed, and it is started again",
    cells: {
      ...pick(unharmed(deaf("unreachable"), "ListenerOpened"), "running"),
      publishing: {
        during: { ...fresh, serves: "committed" },
        told: [deaf("unreachable"), "ListenerOpened", "SnapshotApplied"],
        publisher: "unreachable"
      },
      stopping: { during: closed, told: [deaf("unreachable")] }
    }
  },
  "restored older database": {
    what: "the server's data is replaced by an older backup of it, and recovered",
    cells: {
      "first start with a backup": {
        during: fresh,
        told: [{ _tag: "SnapshotApplied", source: "backup" }, "EpochChanged"],
        afterwards: ["BackupWritten"],
        backup: "written"
      },
      "running": { during: fresh, told: [deaf("unreachable"), "EpochChanged", "ListenerOpened"] }
    }
  },
  "older data put back by hand": {
    what:
      "the server's data is replaced by an older copy, unnoticed by the server; it ends when versions are ahead again",
    cells: pick(refusing("older_version"), "first start with a backup", "running")
  }
} satisfies Family

/** Faults of a database and of access to it, on a server that is well. */
const database = {
  "terminated connections": {
    what: "all connections of the application are terminated",
    cells: {
      ...pick(unharmed(deaf("unreachable"), "ListenerOpened"), "running", "stopping"),
      publishing: {
        during: { ...fresh, serves: "committed" },
        told: [deaf("unreachable"), "ListenerOpened", "SnapshotApplied"],
        publisher: "unreachable"
      },
      stopping: { during: closed, told: [deaf("unreachable")] }
    }
  },
  "too many connections": {
    what: "the role may have no more connections, and its connections are terminated",
    cells: away("unreachable")
  },
  "fewer connections than nodes": {
    what: "24 more nodes start, and the role may have no more than 12 connections; it ends when all of them are fresh",
    cells: {
      "first start": { during: fresh, told: ["SnapshotApplied", "BecameFresh"] },
      "running": { during: fresh, told: ["SnapshotVerified"], afterwards: ["SnapshotApplied"] }
    }
  },
  "wrong password": {
    what: "the role has another password, and its connections are terminated",
    cells: away("denied")
  },
  "missing permission": {
    what: "the role may not read the snapshots any more",
    cells: pick(away("denied"), "first start", "first start with a backup", "running")
  },
  "missing tables": {
    what: "the schema is not there",
    cells: away("incompatible")
  },
  "database newer than the code": {
    what: "a migration that this code does not know was applied",
    cells: pick(away("incompatible"), "first start", "first start with a backup", "running", "stopping")
  },
  "database older than the code": {
    what: "the last migration was not applied",
    cells: pick(away("incompatible"), "first start", "first start with a backup", "running", "stopping")
  },
  "publishes broken off": {
    what: "publishers are interrupted in the middle of a publish, again and again",
    cells: {
      running: {
        during: { ...fresh, serves: "committed" },
        told: ["SnapshotVerified"],
        afterwards: ["SnapshotApplied"]
      }
    }
  },
  "1,000 publishes in a burst": {
    what: "1,000 publishes, one after another, without a pause",
    cells: pick(unharmed(), "first start", "running")
  }
} satisfies Family

/** Faults between a node and its server: a proxy has them. */
const network = {
  "accepts and never answers": {
    what: "connections are accepted, and nothing ever comes back",
    cells: away("timeout")
  },
  "slow answers": {
    what: "everything that the server says arrives 40 milliseconds later",
    cells: unharmed()
  },
  "answers that come too late": {
    what: "everything that the server says arrives after the deadline",
    cells: away("timeout")
  },
  "answers cut in the middle": {
    what: "connections break off within an answer",
    cells: away("unreachable")
  },
  "listener lost silently": {
    what: "the listening connection stays open, and passes nothing on any more",
    cells: {
      ...pick(unharmed(deaf("silent"), "ListenerOpened"), "running", "publishing"),
      stopping: { during: closed, told: [] }
    }
  },
  "notifications lost": {
    what: "no notification arrives",
    cells: pick(unharmed(deaf("silent")), "running", "publishing")
  },
  "notifications repeated": {
    what: "every notification arrives three times",
    cells: pick(unharmed({ _tag: "Announced", news: false }), "running", "publishing")
  },
  "notifications late": {
    what: "every notification arrives with the next one",
    cells: pick(unharmed({ _tag: "Announced", news: false }), "running", "publishing")
  },
  "notifications reordered": {
    what: "notifications arrive in the opposite order",
    cells: pick(unharmed({ _tag: "Announced", news: false }), "running", "publishing")
  }
} satisfies Family

/** Faults in what the database holds, brought about behind the back of its triggers. */
const rows = {
  "half-written snapshot": {
    what: "the head tells of a publish whose entries are missing",
    cells: refusing("digest_mismatch")
  },
  "foreign snapshot": {
    what: "an entry of another environment is in the place of one of this one",
    cells: refusing("digest_mismatch")
  },
  "truncated snapshot": {
    what: "the entries are gone, the head is there",
    cells: pick(refusing("count_mismatch"), "first start")
  },
  "empty snapshot": {
    what: "the database was set up anew, and nothing was published there",
    cells: {
      ...pick(refusing("empty_replacement"), "first start with a backup", "running"),
      "first start": {
        during: { serves: "default", readiness: "Fresh", stale: false, problem: null },
        told: [{ _tag: "SnapshotApplied", flags: 0 }]
      }
    }
  },
  "corrupt snapshot": {
    what: "the content of an entry was changed",
    cells: refusing("hash_mismatch")
  },
  "snapshot of an unknown format": {
    what: "the head names a format that this code does not know",
    cells: refusing("unknown_schema_version")
  },
  "older snapshot in the same epoch": {
    what: "the head was set back to the version before",
    cells: pick(refusing("older_version"), "first start with a backup", "running")
  }
} satisfies Family

/** Somebody writes to the tables who has no key, where publishers sign and nodes ask for it. */
const signatures = {
  "forged rows": {
    what: "an older value is put back as the next version, with everything that fits but a signature",
    cells: refusing("signature")
  },
  "forged rows where nobody signs": {
    what: "so it is, and neither publishers nor nodes were given a key",
    cells: {
      running: {
        during: { ...fresh, serves: "previous" },
        told: ["SnapshotApplied"],
        afterwards: ["SnapshotApplied"]
      }
    }
  },
  "unsigned rows": {
    what: "the head has no signature",
    cells: refusing("signature")
  },
  "signed rows of another database": {
    what: "the head is of another epoch than was signed, as after a restore",
    cells: refusing("signature")
  }
} satisfies Family

const loaded = (serves: Serves, quarantined: BackupFault): Cell => ({
  during: { ...fromBackup("unreachable"), serves, quarantined, backup: "loaded" },
  told: [{ _tag: "BackupQuarantined", reason: quarantined }, "BackupLoaded"],
  afterwards: ["BackupWritten"],
  backup: "written"
})

/** A disk that takes no more: the backup waits for better times, and nothing else does. */
const unwritable = {
  running: {
    during: { ...fresh, backup: "failed" },
    told: [{ _tag: "BackupFailed", operation: "save", reason: "storage" }],
    afterwards: ["BackupWritten"],
    backup: "written"
  },
  publishing: {
    during: { ...fresh, serves: "committed", backup: "failed" },
    told: [{ _tag: "BackupFailed", operation: "save", reason: "storage" }],
    afterwards: ["BackupWritten"],
    backup: "written"
  },
  stopping: { during: closed, told: [{ _tag: "BackupFailed", operation: "save", reason: "storage" }] }
} satisfies Cells

/** Faults of the backup, on real files. At a first start the store is away as well, unless told otherwise. */
const disk = {
  "corrupt backup": {
    what: "a byte of the newest generation is another one",
    cells: { "first start with a backup": loaded("previous", "checksum") }
  },
  "corrupt backups": {
    what: "a byte of every generation is another one",
    cells: {
      "first start with a backup": {
        during: { ...empty("unreachable"), quarantined: "checksum", backup: "empty" },
        told: [{ _tag: "BackupQuarantined", reason: "checksum" }],
        afterwards: ["BackupWritten"],
        backup: "written"
      }
    }
  },
  "half-written backup": {
    what: "the newest generation ends in the middle",
    cells: { "first start with a backup": loaded("previous", "truncated") }
  },
  "foreign backup": {
    what: "the newest generation is one of another environment",
    cells: { "first start with a backup": loaded("held", "foreign") }
  },
  "ancient backup": {
    what: "the generations are older than allowed",
    cells: {
      "first start with a backup": {
        during: { ...empty("unreachable"), quarantined: "expired", backup: "empty" },
        told: [{ _tag: "BackupQuarantined", reason: "expired" }],
        afterwards: ["BackupWritten"],
        backup: "written"
      }
    }
  },
  "backup of newer code": {
    what: "the newest generation is of a format that this code does not know",
    cells: { "first start with a backup": loaded("previous", "format") }
  },
  "unreadable backup": {
    what: "the disk does not give out the newest generation (EIO)",
    cells: { "first start with a backup": loaded("previous", "unreadable") }
  },
  "vanished folder": {
    what: "the folder of the backup is removed",
    cells: {
      "first start with a backup": {
        during: { ...empty("unreachable"), backup: "empty" },
        told: [failed("unreachable")],
        afterwards: ["BackupWritten"],
        backup: "written"
      },
      "running": { during: { ...fresh, backup: "written" }, told: ["BackupWritten"], backup: "written" }
    }
  },
  "disk full": {
    what: "no byte can be written (ENOSPC)",
    cells: unwritable
  },
  "read-only disk": {
    what: "nothing can be changed on the disk (EROFS)",
    cells: {
      ...unwritable,
      "first start with a backup": {
        during: { ...fromBackup("unreachable"), backup: "loaded" },
        told: ["BackupLoaded"],
        afterwards: ["BackupWritten"],
        backup: "written"
      }
    }
  },
  "disk that hangs": {
    what: "no call to the disk ever returns, or can be broken off",
    cells: {
      "first start with a backup": {
        during: { ...empty("unreachable"), backup: "failed" },
        told: [{ _tag: "BackupFailed", operation: "load", reason: "timeout" }],
        afterwards: ["BackupWritten"],
        backup: "written"
      },
      "running": { during: fresh, told: ["SnapshotApplied"], afterwards: ["BackupWritten"], backup: "written" },
      "stopping": { during: closed, told: ["SnapshotApplied"] }
    }
  },
  "disk that hangs while the store is well": {
    what: "so it does, and the store is there",
    cells: {
      "first start with a backup": {
        during: { ...fresh, backup: "failed" },
        told: [{ _tag: "SnapshotApplied", source: "live" }, {
          _tag: "BackupFailed",
          operation: "load",
          reason: "timeout"
        }],
        afterwards: ["BackupWritten"],
        backup: "written"
      }
    }
  }
} satisfies Family

/** Faults of the wall clock. */
const clock = {
  "clock stepped forward": {
    what: "the wall clock jumps ahead by a day",
    cells: {
      ...unharmed(),
      "first start with a backup": {
        during: fromBackup("unreachable"),
        told: ["BackupLoaded"],
        afterwards: ["BackupWritten"],
        backup: "written"
      }
    }
  },
  "clock stepped back": {
    what: "the wall clock jumps back by a day",
    cells: {
      ...unharmed(),
      "first start with a backup": {
        during: fromBackup("unreachable"),
        told: ["BackupLoaded"],
        afterwards: ["BackupWritten"],
        backup: "written"
      }
    }
  },
  "clock stepped back while the store is away": {
    what: "so it does, and the store is unreachable",
    cells: pick(away("unreachable"), "running", "stopping")
  }
} satisfies Family

const watching = pick(unharmed(), "first start", "running", "publishing", "stopping")

/** As it is, but for the events that somebody does not get. */
const losing = (lost: "failed" | "dropped"): Cells => {
  const { publishing, running, "first start": start } = unharmed()
  return {
    ...watching,
    "first start": { ...start, during: { ...start.during, lost } },
    "running": { ...running, during: { ...running.during, lost } },
    "publishing": { ...publishing, during: { ...publishing.during, lost } }
  }
}

/** Faults of those who watch. */
const telemetry = {
  "telemetry that throws": {
    what: "every event makes telemetry throw",
    cells: losing("failed")
  },
  "a subscriber of events that never reads": {
    what: "somebody subscribes to the events, and takes none",
    cells: losing("dropped")
  },
  "a subscriber of changes that throws": {
    what: "somebody subscribes to the changes, and throws at each",
    cells: watching
  },
  "a logger that throws": {
    what: "every line makes the log throw",
    cells: watching
  }
} satisfies Family

/** Faults in somebody's own feed, store or backup. */
const implementation = {
  "a feed that throws": {
    what: "fetching and listening throw",
    cells: pick(away("failed"), "first start", "first start with a backup", "running", "stopping")
  },
  "a feed that never returns": {
    what: "fetching and listening never end",
    cells: pick(away("timeout"), "first start", "first start with a backup", "running", "stopping")
  },
  "a feed that never returns and cannot be interrupted": {
    what: "so it is, and interrupting it does not end it either",
    cells: pick(away("timeout"), "first start", "first start with a backup", "running", "stopping")
  },
  "a feed that interrupts itself": {
    what: "fetching ends as if the node had interrupted it",
    cells: pick(away("failed"), "first start", "running")
  },
  "a feed that answers nonsense": {
    what: "the answers are not even of the form of a snapshot",
    cells: refusing("malformed")
  },
  "a feed that answers for another environment": {
    what: "the answers are snapshots of another environment",
    cells: refusing("wrong_environment")
  },
  "announcements that end at once": {
    what: "every subscription ends as soon as it is opened",
    cells: pick(unharmed(deaf("ended")), "first start", "running")
  },
  "announcements of what does not exist": {
    what: "versions are announced that nobody ever publishes",
    cells: pick(unharmed("AnnouncementUnmet"), "running")
  },
  "a store that throws": {
    what: "committing a snapshot throws",
    cells: {
      publishing: { during: { ...fresh, serves: "committed" }, told: ["SnapshotVerified"], publisher: "defect" }
    }
  },
  "a store that never returns": {
    what: "committing a snapshot never ends; the publisher gives up",
    cells: {
      publishing: { during: { ...fresh, serves: "committed" }, told: ["SnapshotVerified"], publisher: "silence" }
    }
  },
  "a backup that throws": {
    what: "loading and saving throw; at a first start the store is away as well",
    cells: {
      "first start with a backup": {
        during: { ...empty("unreachable"), backup: "failed" },
        told: [{ _tag: "BackupFailed", operation: "load", reason: "failed" }],
        afterwards: ["BackupWritten"],
        backup: "written"
      },
      "running": {
        during: { ...fresh, backup: "failed" },
        told: [{ _tag: "BackupFailed", operation: "save", reason: "failed" }],
        afterwards: ["BackupWritten"],
        backup: "written"
      },
      "stopping": { during: closed, told: [{ _tag: "BackupFailed", operation: "save", reason: "failed" }] }
    }
  },
  "a backup that never returns": {
    what: "loading and saving never end; at a first start the store is away as well",
    cells: {
      "first start with a backup": {
        during: { ...empty("unreachable"), backup: "failed" },
        told: [{ _tag: "BackupFailed", operation: "load", reason: "timeout" }],
        afterwards: ["BackupWritten"],
        backup: "written"
      },
      "running": {
        during: { ...fresh, backup: "failed" },
        told: [{ _tag: "BackupFailed", operation: "save", reason: "timeout" }],
        afterwards: ["BackupWritten"],
        backup: "written"
      },
      "stopping": { during: closed, told: ["SnapshotApplied"] }
    }
  }
} satisfies Family

export const matrix = {
  server,
  database,
  network,
  rows,
  signatures,
  disk,
  clock,
  telemetry,
  implementation
} satisfies Record<
  string,
  Family
>

export const nameOf = (phase: Phase, fault: string): string => `${phase}: ${fault}`
