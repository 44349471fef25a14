/** Sends spans to the collector that the operator names. The library only speaks OpenTelemetry's interface; here, at the edge of a process, stands what carries it. */
import { hostname } from 'node:os'
import { diag, DiagLogLevel, trace } from '@opentelemetry/api'
import { env } from './env.ts'
import { createLogger } from './log.ts'
import { demandedSpanIds } from './tenancy/index.ts'
import { releaseVersion } from './version.ts'

/** A rollout at full speed makes thousands of spans a second; what a slow collector does not take in time is dropped, never waited for. */
const queueSize = 32_768
const batchSize = 1_024
const stopLimitMs = 3_000
/** With the tries after the first one; below the limit above, so that none of them keeps a process that has ended. */
const exportLimitMs = 2_500

/** What a collector refuses would else be lost without a word; said at most once a minute. */
const sayFailures = (): void => {
  const logger = createLogger('tracing')
  const ignore = (): void => undefined
  let silentUntil = 0
  const error = (problem: string): void => {
    if (performance.now() < silentUntil) return
    silentUntil = performance.now() + 60_000
    logger.warn({ problem: problem.slice(0, 500) }, 'tracing.failed')
  }
  diag.setLogger({ error, warn: ignore, info: ignore, debug: ignore, verbose: ignore }, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true })
}

const nothing = async (): Promise<void> => undefined

/**
 * Starts tracing if a collector is named (OTEL_EXPORTER_OTLP_ENDPOINT); nothing of it is loaded otherwise.
 * @param part of Tenantry that this process is
 * @returns the way to send what is left and to end it, within three seconds
 */
export const startTracing = async (part: string): Promise<() => Promise<void>> => {
  if (!env.isTraced) return nothing
  const [
    { BasicTracerProvider, BatchSpanProcessor, RandomIdGenerator },
    { OTLPTraceExporter },
    { defaultResource, detectResources, envDetector, resourceFromAttributes },
  ] = await Promise.all([import('@opentelemetry/sdk-trace-base'), import('@opentelemetry/exporter-trace-otlp-http'), import('@opentelemetry/resources')])
  const own = resourceFromAttributes({
    'service.name': 'tenantry',
    'service.version': releaseVersion,
    'service.instance.id': `${hostname()}:${process.pid}`,
    'tenantry.part': part,
  })
  // What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say wins.
  const resource = defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [envDetector] }))
  const processor = new BatchSpanProcessor(new OTLPTraceExporter({ timeoutMillis: exportLimitMs }), {
    maxQueueSize: queueSize,
    maxExportBatchSize: batchSize,
    scheduledDelayMillis: 1_000,
  })
  const drawn = new RandomIdGenerator()
  const idGenerator = {
    generateTraceId: () => demandedSpanIds()?.trace ?? drawn.generateTraceId(),
    generateSpanId: () => demandedSpanIds()?.span ?? drawn.generateSpanId(),
  }
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor], idGenerator })
  trace.setGlobalTracerProvider(provider)
  sayFailures()
  return async () => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, stopLimitMs)
    })
    // A collector that is away must not hold up a process that ends.
    await Promise.race([provider.shutdown().catch(() => undefined), late])
    clearTimeout(timer)
  }
}
