/** A collector for OTLP over HTTP, as JSON: what arrives, decoded. */
import * as Schema from "effect/Schema"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { json } from "node:stream/consumers"

const Scalar = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])

const AnyValue = Schema.Struct({
  stringValue: Schema.optionalKey(Schema.String),
  boolValue: Schema.optionalKey(Schema.Boolean),
  intValue: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite])),
  doubleValue: Schema.optionalKey(Schema.Finite)
})

const list = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.Array(schema))

const Attributes = list(Schema.Struct({ key: Schema.String, value: AnyValue }))

const Logs = Schema.Struct({
  resourceLogs: list(Schema.Struct({
    scopeLogs: list(Schema.Struct({
      logRecords: list(Schema.Struct({
        eventName: Schema.optionalKey(Schema.String),
        traceId: Schema.optionalKey(Schema.String),
        spanId: Schema.optionalKey(Schema.String),
        severityNumber: Schema.optionalKey(Schema.Finite),
        body: Schema.optionalKey(AnyValue),
        attributes: Attributes
      }))
    }))
  }))
})

const Point = Schema.Struct({
  attributes: Attributes,
  asDouble: Schema.optionalKey(Schema.Finite),
  asInt: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite])),
  count: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite]))
})

const Points = Schema.optionalKey(Schema.Struct({ dataPoints: list(Point) }))

const Metrics = Schema.Struct({
  resourceMetrics: list(Schema.Struct({
    scopeMetrics: list(Schema.Struct({
      metrics: list(Schema.Struct({
        name: Schema.String,
        unit: Schema.optionalKey(Schema.String),
        gauge: Points,
        sum: Points,
        histogram: Points
      }))
    }))
  }))
})

type Facts = Readonly<Record<string, typeof Scalar.Type>>

export interface LogRecord {
  /** The name of the event, wherever the sender has put it. */
  readonly event: string | undefined
  readonly traceId: string | undefined
  readonly spanId: string | undefined
  readonly attributes: Facts
}

export interface Measurement {
  readonly name: string
  readonly unit: string | undefined
  readonly value: number
  readonly attributes: Facts
}

const scalarOf = ({ boolValue, doubleValue, intValue, stringValue }: typeof AnyValue.Type) =>
  stringValue ?? boolValue ?? doubleValue ?? Number(intValue)

const factsOf = (attributes: typeof Attributes.Type = []): Facts =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, scalarOf(value)]))

const decodeLogs = (input: unknown): ReadonlyArray<LogRecord> =>
  (Schema.decodeUnknownSync(Logs)(input).resourceLogs ?? [])
    .flatMap(({ scopeLogs = [] }) => scopeLogs)
    .flatMap(({ logRecords = [] }) => logRecords)
    .map(({ attributes, body, eventName, spanId, traceId }) => ({
      event: eventName ?? body?.stringValue,
      traceId,
      spanId,
      attributes: factsOf(attributes)
    }))

const decodeMetrics = (input: unknown): ReadonlyArray<Measurement> =>
  (Schema.decodeUnknownSync(Metrics)(input).resourceMetrics ?? [])
    .flatMap(({ scopeMetrics = [] }) => scopeMetrics)
    .flatMap(({ metrics = [] }) => metrics)
    .flatMap(({ gauge, histogram, name, sum, unit }) =>
      [gauge, histogram, sum].flatMap((points) => points?.dataPoints ?? []).map((point) => ({
        name,
        unit,
        value: Number(point.asDouble ?? point.asInt ?? point.count),
        attributes: factsOf(point.attributes)
      }))
    )

export class Collector implements AsyncDisposable {
  readonly logs: Array<LogRecord> = []
  readonly metrics: Array<Measurement> = []
  /** Everything that arrived, as it was written. */
  readonly raw: Array<string> = []
  private readonly server: Server

  private constructor(server: Server) {
    this.server = server
  }

  static async start(): Promise<Collector> {
    const server = createServer()
    const collector = new Collector(server)
    server.on("request", (request, response) => {
      json(request).then((body) => {
        collector.raw.push(JSON.stringify(body))
        if (request.url === "/v1/logs") collector.logs.push(...decodeLogs(body))
        if (request.url === "/v1/metrics") collector.metrics.push(...decodeMetrics(body))
        response.setHeader("content-type", "application/json").end("{}")
      }).catch((error: unknown) => response.writeHead(400).end(String(error)))
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    return collector
  }

  get url(): string {
    const { port }: Pick<AddressInfo, "port"> = Object.assign({ port: 0 }, this.server.address())
    return `http://127.0.0.1:${port}`
  }

  events(name: string): ReadonlyArray<LogRecord> {
    return this.logs.filter(({ event }) => event === name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close()
    this.server.closeAllConnections()
    await once(this.server, "close")
  }
}
