/**
 * What folders and files of the backup are called. Everything is in lower case, digits and a few signs, so that no name
 * leads anywhere else and no file system takes two for one.
 */
import { hash, randomBytes } from "node:crypto"
import { type Head, schemaVersion } from "../../Snapshot.ts"
import { formatVersion } from "./format.ts"

/**
 * The folder of one environment of one application: both, as far as they can be read, and a hash by which no two are
 * the same.
 */
export const folder = (application: string, environment: string): string => {
  const id = hash("sha256", JSON.stringify([application, environment]), "hex").slice(0, 32)
  return [application, environment, id].map(readable).filter((part) => part !== "").join("-")
}

const readable = (text: string): string => text.replaceAll(/[^a-z0-9_-]/g, "_").slice(0, 32)

export const quarantine = "quarantine"

/** A name in the quarantine. The first in order are the oldest. */
export const quarantined = (name: string, fault: string, time: number): string => `${digits(time)}.${fault}.${name}`

/** A file that holds, or may hold, one backup. Its bytes never change: it comes and goes as a whole. */
export interface Generation {
  readonly name: string
  /** Newer code wrote it, which may want to read it again. */
  readonly isNewer: boolean
  readonly version: number
  readonly epoch: string
  readonly digest: string
  readonly writtenAt: number
}

/** A name that was never used before. */
export const generation = ({ digest, epoch, schemaVersion, version }: Head, writtenAt: number): string =>
  `v${formatVersion}.${schemaVersion}.${version}.${id(epoch)}.${id(digest)}.${digits(writtenAt)}.${random()}.backup`

const digits = (time: number): string => String(Math.max(0, Math.trunc(time))).padStart(16, "0")

const id = (text: string): string => hash("sha256", text, "hex").slice(0, 16)

const random = (): string => randomBytes(8).toString("hex")

export const parse = (name: string): Generation | undefined => {
  const [, format, schema, version, epoch, digest, writtenAt] =
    /^v(\d+)\.(\d+)\.(\d+)\.([0-9a-f]{16})\.([0-9a-f]{16})\.(\d+)\.[0-9a-f]{16}\.backup$/.exec(name) ?? []
  if (epoch === undefined || digest === undefined) return undefined
  const isNewer = Number(format) > formatVersion || Number(schema) > schemaVersion
  return { name, isNewer, version: Number(version), epoch, digest, writtenAt: Number(writtenAt) }
}

/** Whether a file of that name holds, or may hold, the snapshot with that head. */
export const isOf = ({ digest, epoch, isNewer, version }: Generation, head: Head): boolean =>
  !isNewer && version === head.version && epoch === id(head.epoch) && digest === id(head.digest)

/**
 * Newest first. Versions count inside an epoch, whatever the clock did; of two epochs, the one last written to is the
 * newer.
 */
export const order = (generations: ReadonlyArray<Generation>): ReadonlyArray<Generation> => {
  const lastWritten = new Map<string, number>()
  for (const { epoch, writtenAt } of generations) {
    lastWritten.set(epoch, Math.max(writtenAt, lastWritten.get(epoch) ?? 0))
  }
  const timeOf = ({ epoch }: Generation) => lastWritten.get(epoch) ?? 0
  return generations.toSorted((a, b) =>
    timeOf(b) - timeOf(a) || (a.epoch < b.epoch ? -1 : a.epoch > b.epoch ? 1 : 0) || b.version - a.version ||
    b.writtenAt - a.writtenAt || (a.name < b.name ? -1 : 1)
  )
}

/** What can go once `written` is in place: everything but it, the newest, and the newest of another version. */
export const superseded = (generations: ReadonlyArray<Generation>, written: string): ReadonlyArray<Generation> => {
  const [newest, ...others] = order(generations.filter(({ isNewer }) => !isNewer))
  const previous = others.find(({ epoch, version }) => epoch !== newest?.epoch || version !== newest.version)
  return others.filter((other) => other !== previous && other.name !== written)
}

const temporarySuffix = ".tmp"

export const temporary = (): string => random() + temporarySuffix

export const isTemporary = (name: string): boolean => /^[0-9a-f]{16}\.tmp$/.test(name)
