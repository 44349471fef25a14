/** A span for each statement of a migration. No SQL is in them: file and line name it. */
import type { Attributes } from '@opentelemetry/api'
import type { FlightOutcome } from '../session/fleet-connection.ts'
import { codeOf } from '../sql/sqlstate.ts'
import { beginSpan, endSpan, type Span } from '../tracing.ts'
import type { ErrorPlace } from './attempt-error.ts'

const attributesOf = ({ version, file, statement }: ErrorPlace): Attributes => ({
  'db.system': 'postgresql',
  ...(version === null ? {} : { version }),
  ...(file === null ? {} : { 'tenantry.file': file }),
  ...(statement === null ? {} : { 'tenantry.line': statement.line, 'tenantry.statement': statement.kind }),
})

/**
 * For a flight, whose messages are sent together: one begins when the one before it was answered.
 * @returns what is to be told of each answer in turn; null when nobody listens
 */
export const flightSpans = (span: Span | undefined, places: readonly ErrorPlace[]): ((index: number, outcome: FlightOutcome) => void) | undefined => {
  if (!span?.isRecording()) return undefined
  let since = Date.now()
  return (index, outcome) => {
    const now = Date.now()
    const place = places[index]
    if (place) {
      const own = beginSpan(place.statement === null ? 'tenantry.begin' : 'tenantry.statement', span, attributesOf(place), since)
      endSpan(own, outcome.ok ? null : codeOf(outcome.error), now)
    } else if (index === places.length) {
      endSpan(beginSpan('tenantry.commit', span, { 'db.system': 'postgresql' }, since), outcome.ok ? null : codeOf(outcome.error), now)
    }
    since = now
  }
}

/** For a statement that goes alone. */
export const inStatementSpan = async <T>(span: Span | undefined, place: ErrorPlace, work: () => Promise<T>): Promise<T> => {
  if (!span?.isRecording()) return work()
  const own = beginSpan('tenantry.statement', span, attributesOf(place))
  try {
    const done = await work()
    endSpan(own, null)
    return done
  } catch (error) {
    endSpan(own, codeOf(error instanceof Error && error.cause !== undefined ? error.cause : error))
    throw error
  }
}
