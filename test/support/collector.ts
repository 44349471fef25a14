/** An OpenTelemetry collector: takes spans over OTLP/HTTP and keeps them. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) })
const document = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              startTimeUnixNano: z.string(),
              endTimeUnixNano: z.string(),
              attributes: z.array(attribute),
              status: z.object({ code: z.number() }),
            }),
          ),
        }),
      ),
    }),
  ),
})

export type CollectedSpan = {
  readonly trace: string
  readonly id: string
  readonly parent: string | null
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** Those of the process that sent it. */
  readonly resource: Readonly<Record<string, string>>
  readonly startedAt: bigint
  readonly endedAt: bigint
  readonly failed: boolean
}

export type Collector = {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly address: string
  readonly spans: readonly CollectedSpan[]
  close(): Promise<void>
}

const errorStatus = 2

const attributesOf = (list: ReadonlyArray<z.output<typeof attribute>>): Readonly<Record<string, string>> =>
  Object.fromEntries(list.map(({ key, value }) => [key, String(Object.values(value)[0])]))

const spansOf = (body: string): readonly CollectedSpan[] =>
  document.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        trace: span.traceId,
        id: span.spanId,
        parent: span.parentSpanId ?? null,
        name: span.name,
        attributes: attributesOf(span.attributes),
        resource: attributesOf(resource.attributes),
        startedAt: BigInt(span.startTimeUnixNano),
        endedAt: BigInt(span.endTimeUnixNano),
        failed: span.status.code === errorStatus,
      })),
    ),
  )

export const openCollector = async (): Promise<Collector> => {
  const spans: CollectedSpan[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.url === '/v1/traces') spans.push(...spansOf(body))
      response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'Content-Type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
