/** What became of a flight, by what was answered to its messages. */
import { describe, expect, it } from 'vitest'
import { defaultLimits, fly, type Scene } from '../../../lib/tenancy/migrations/apply.ts'
import type { FleetConnection, FlightOutcome } from '../../../lib/tenancy/session/fleet-connection.ts'

const scene: Scene = { schema: 'tenant_a', extensionSchemas: [], run: 1, applicationName: 'x', limits: defaultLimits }
const place = { version: null, file: null, statement: null }
const done = (command: string, rows: readonly object[] = []): FlightOutcome => ({ ok: true, rows, command, count: null })
const lost = (code: string, severity?: string): FlightOutcome => ({
  ok: false,
  error: Object.assign(new Error(code), { code, ...(severity ? { severity } : {}) }),
})
const row = { applied: '1', version: '0001', digest: 'd', last_run: '1', unfinished: null, unfinished_checksum: null, done: null }

const outcomeOf = async (...answers: readonly FlightOutcome[]) => {
  const connection: FleetConnection = {
    pid: 1,
    dead: false,
    touched: 0,
    flight: () => Promise.resolve([...answers]),
    query: () => Promise.resolve([]),
    terminate: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  }
  return (
    await fly(
      connection,
      [
        { text: 'BEGIN', place },
        { text: 'select 1', place },
      ],
      scene,
    )
  ).kind
}

describe('a flight', () => {
  it('is committed when COMMIT was answered with COMMIT and the history was read back', async () => {
    expect(await outcomeOf(done('BEGIN'), done('SELECT'), done('COMMIT'), done('SELECT', [row]))).toBe('committed')
  })

  it.each(['23505', '42601', '55P03', '57014'])('that the server refused with %s is refused', async (code) => {
    expect(await outcomeOf(done('BEGIN'), lost(code, 'ERROR'), done('ROLLBACK'), done('SELECT', [row]))).toBe('refused')
    expect(await outcomeOf(done('BEGIN'), done('SELECT'), lost(code, 'ERROR'), done('SELECT', [row]))).toBe('refused')
  })

  it.each(['EPROTO', 'ENETDOWN', 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'ECONNRESET', 'FLIGHT_TIMEOUT', 'CONNECTION_CLOSED', 'unheard of'])(
    'that ends with %s at any message is unknown',
    async (code) => {
      expect(await outcomeOf(lost(code), lost(code), lost(code), lost(code))).toBe('unknown')
      expect(await outcomeOf(done('BEGIN'), lost(code), lost(code), lost(code))).toBe('unknown')
      expect(await outcomeOf(done('BEGIN'), done('SELECT'), lost(code), lost(code))).toBe('unknown')
      expect(await outcomeOf(done('BEGIN'), done('SELECT'), done('COMMIT'), lost(code))).toBe('unknown')
    },
  )

  it.each(['57P01', '57P02', 'XX000'])('whose server went away with %s is unknown', async (code) => {
    expect(await outcomeOf(done('BEGIN'), lost(code, 'FATAL'), lost('CONNECTION_CLOSED'), lost('CONNECTION_CLOSED'))).toBe('unknown')
  })
})
