/**
 * Where a server is and how to talk to it, as a URL and the options beside it say. All of it is checked: the driver passes
 * over parameters that it does not know, and would rather not encrypt than ask.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Fs from "node:fs/promises"
import type { ConnectionOptions } from "node:tls"
import type * as InvalidInput from "rulestead/InvalidInput"
import type { Ssl } from "../Postgres.ts"
import * as Certificates from "./certificates.ts"
import { unknownFields } from "./settings.ts"

export interface Address {
  readonly target: { readonly host: string; readonly port: number } | { readonly path: string }
  readonly ssl: boolean | ConnectionOptions
  readonly applicationName: string
  readonly connectTimeout: Duration.Input
}

/** What comes of a URL before it is known to be good. */
export interface Given {
  readonly url: URL | undefined
  /** The certificates in the file that `sslrootcert` names, `undefined` where there is nothing to read. */
  readonly roots: string | undefined
}

export const read = Effect.fnUntraced(function*(text: unknown): Effect.fn.Return<Given> {
  const url = typeof text === "string" && /^postgres(ql)?:\/\//.test(text) ? URL.parse(text) ?? undefined : undefined
  const file = url?.searchParams.get("sslrootcert") ?? system
  const roots = file === system
    ? undefined
    : yield* Effect.orElseSucceed(Effect.tryPromise(() => Fs.readFile(file, "utf8")), () => undefined)
  return { url, roots }
})

/** Of `sslrootcert`: those who come with Node.js. */
const system = "system"

/** Every mode that encrypts also verifies, whatever it does elsewhere: the certificate, and for whom it is. */
const modes = new Map([["disable", false], ["require", true], ["verify-ca", true], ["verify-full", true]])

const isNumber = (smallest: number, largest: number) => (value: string): boolean =>
  /^\d{1,9}$/.test(value) && Number(value) >= smallest && Number(value) <= largest

const isText = (value: string): boolean => value !== "" && !value.includes("\0")

interface Parameter {
  readonly isAllowed: (value: string) => boolean
  readonly allowed: string
}

const parameters = new Map<string, Parameter>([
  ["host", {
    isAllowed: (value) => isText(value) && !value.includes(","),
    allowed: "one host, or the path of a folder"
  }],
  ["port", { isAllowed: isNumber(1, 65_535), allowed: "a whole number from 1 to 65535" }],
  ["user", { isAllowed: isText, allowed: "a name" }],
  ["password", { isAllowed: isText, allowed: "a password" }],
  ["dbname", { isAllowed: isText, allowed: "a name" }],
  ["application_name", { isAllowed: isText, allowed: "a name" }],
  ["options", { isAllowed: isText, allowed: "settings, as -c work_mem=4MB" }],
  ["connect_timeout", { isAllowed: isNumber(1, 600), allowed: "whole seconds, from 1 to 600" }],
  ["sslmode", { isAllowed: (value) => modes.has(value), allowed: "disable, require, verify-ca or verify-full" }],
  ["sslrootcert", { isAllowed: isText, allowed: "the path of a file with certificates in PEM, or system" }]
])

/** Each problem of a URL, and of the option `ssl` beside it. */
export const violations = (given: Given, ssl: unknown): ReadonlyArray<InvalidInput.Violation> => {
  const { url } = given
  if (url === undefined || !isDecodable(url)) {
    const allowed = "a URL that begins with postgres:// or postgresql://, with what is special in it percent-encoded"
    return [{ path: ["url"], rule: "url", allowed }, ...ofSsl(ssl)]
  }
  return [...ofParameters(url), ...ofSsl(ssl), ...contradictions(url, given.roots, ssl)]
}

const isDecodable = ({ hostname, password, pathname, port, username }: URL): boolean =>
  port !== "0" && !hostname.includes(",") && [hostname, password, pathname, username].every(isEncoded)

const isEncoded = (part: string): boolean =>
  Result.match(Result.try(() => decodeURIComponent(part)), {
    onFailure: () => false,
    onSuccess: (text) => !text.includes("\0")
  })

function* ofParameters({ searchParams }: URL): Iterable<InvalidInput.Violation> {
  for (const name of new Set(searchParams.keys())) {
    const path = ["url", name]
    const parameter = parameters.get(name)
    const values = searchParams.getAll(name)
    if (parameter === undefined) {
      yield { path, rule: "unknown_parameter", allowed: `one of ${[...parameters.keys()].join(", ")}` }
    } else if (values.length > 1) yield { path, rule: "once", allowed: "this parameter once" }
    else if (!values.every(parameter.isAllowed)) yield { path, rule: name, allowed: parameter.allowed }
  }
}

const ofSsl = (ssl: unknown): ReadonlyArray<InvalidInput.Violation> => {
  if (ssl === undefined || typeof ssl === "boolean") return []
  if (typeof ssl !== "object" || ssl === null || Array.isArray(ssl)) {
    return [{ path: ["ssl"], rule: "type", allowed: "true, false, or an object with ca or servername" }]
  }
  const { ca, servername }: { readonly ca?: unknown; readonly servername?: unknown } = ssl
  return [
    ...unknownFields(ssl, sslOptions, ["ssl"]),
    ...(ca === undefined || Certificates.isBundle(ca)
      ? []
      : [{ path: ["ssl", "ca"], rule: "ca", allowed: "certificates in PEM: a text, or a list of texts" }]),
    ...(servername === undefined || (typeof servername === "string" && isText(servername))
      ? []
      : [{ path: ["ssl", "servername"], rule: "servername", allowed: "the name that the certificate is for" }])
  ]
}

const sslOptions = { ca: true, servername: true } satisfies Record<keyof Ssl, true>

function* contradictions(
  { searchParams }: URL,
  roots: string | undefined,
  ssl: unknown
): Iterable<InvalidInput.Violation> {
  const mode = modes.get(searchParams.get("sslmode") ?? "")
  const option = ssl === undefined ? undefined : ssl !== false
  if (mode !== undefined && option !== undefined && mode !== option) {
    yield { path: ["ssl"], rule: "contradiction", allowed: "what sslmode in the URL says too" }
  }
  const file = searchParams.get("sslrootcert")
  if (file === null) return
  const path = ["url", "sslrootcert"]
  if (mode !== true && option !== true) {
    yield { path, rule: "contradiction", allowed: "this together with sslmode=verify-full, or with ssl: true" }
  }
  if (typeof ssl === "object" && ssl !== null && "ca" in ssl && ssl.ca !== undefined) {
    yield { path, rule: "contradiction", allowed: "this, or the option ssl.ca, not both" }
  }
  if (file !== system && !Certificates.isBundle(roots)) {
    yield { path, rule: "sslrootcert", allowed: "the path of a file that can be read and has certificates in PEM" }
  }
}

/** Of a URL and options without violations. */
export const make = (url: URL, { roots }: Given, ssl: boolean | Ssl | undefined): Address => {
  const { searchParams } = url
  const seconds = searchParams.get("connect_timeout")
  return {
    target: targetOf(url),
    ssl: sslOf(modes.get(searchParams.get("sslmode") ?? "disable") ?? false, roots, ssl),
    applicationName: searchParams.get("application_name") ?? "rulestead",
    connectTimeout: seconds === null ? "3 seconds" : Number(seconds) * 1000
  }
}

const sslOf = (mode: boolean, roots: string | undefined, ssl: boolean | Ssl | undefined): Address["ssl"] => {
  const { ca = roots, servername } = typeof ssl === "object" ? ssl : {}
  if (!mode && (ssl === undefined || ssl === false)) return false
  return {
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }),
    ...(servername === undefined ? {} : { servername })
  }
}

const targetOf = (url: URL): Address["target"] => {
  const name = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : decodeURIComponent(url.hostname)
  const host = url.searchParams.get("host") ?? (name === "" ? "localhost" : name)
  const port = Number(url.searchParams.get("port") ?? (url.port === "" ? "5432" : url.port))
  return host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }
}
