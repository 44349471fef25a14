/** Spans of run, item and statement, through OpenTelemetry's interface: they cost nothing and go nowhere unless the process has started an SDK. */
import { context, SpanKind, SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api'

export type { Span } from '@opentelemetry/api'

const tracer = trace.getTracer('tenantry')

/** @param startedAt milliseconds since 1970; absent: now */
export const beginSpan = (name: string, parent: Span | null, attributes: Attributes, startedAt?: number): Span => {
  const around = parent === null ? context.active() : trace.setSpan(context.active(), parent)
  return tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes, ...(startedAt === undefined ? {} : { startTime: startedAt }) }, around)
}

/** @param code what went wrong; null: nothing */
export const endSpan = (span: Span, code: string | null, endedAt?: number): void => {
  if (code !== null) {
    span.setAttribute('sqlstate', code)
    span.setStatus({ code: SpanStatusCode.ERROR, message: code })
  }
  span.end(endedAt)
}
