/** Spans of run, server, item and statement, through OpenTelemetry's interface: they cost nothing and go nowhere unless the process has started an SDK. */
import { createHash } from 'node:crypto'
import { context, SpanKind, SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api'

export type { Span } from '@opentelemetry/api'

const tracer = trace.getTracer('tenantry')

/** @param startedAt milliseconds since 1970; absent: now */
export const beginSpan = (name: string, parent: Span | null, attributes: Attributes, startedAt?: number): Span => {
  const around = parent === null ? context.active() : trace.setSpan(context.active(), parent)
  return tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes, ...(startedAt === undefined ? {} : { startTime: startedAt }) }, around)
}

/** Names of a span as collectors know it: 32 and 16 hexadecimal digits. */
type SpanIds = { readonly trace: string; readonly span: string }

/** Of a run's own span: whoever works on the run finds the same, in whatever process. */
export const runSpanIds = (installation: string, run: number): SpanIds => {
  const digest = createHash('sha256').update(`tenantry ${installation} run ${run}`).digest('hex')
  return { trace: digest.slice(0, 32), span: digest.slice(32, 48) }
}

let demanded: SpanIds | null = null
/** For the SDK's generator of ids: those of the span that is being made, or null for it to draw some. */
export const demandedSpanIds = (): SpanIds | null => demanded

/** The span at the head of a run's trace. Any number of processes may begin it, to put theirs below it; one of them ends it, and only then is it sent. */
export const beginRunSpan = (ids: SpanIds, attributes: Attributes, startedAt?: Date): Span => {
  demanded = ids
  try {
    return tracer.startSpan('tenantry.run', { root: true, kind: SpanKind.CLIENT, attributes, ...(startedAt && { startTime: startedAt }) })
  } finally {
    demanded = null
  }
}

/** @param code what went wrong; null: nothing */
export const endSpan = (span: Span, code: string | null, endedAt?: number): void => {
  if (code !== null) {
    span.setAttribute('sqlstate', code)
    span.setStatus({ code: SpanStatusCode.ERROR, message: code })
  }
  span.end(endedAt)
}
