/** One tenant's answer, by itself: what is left behind when it cannot be kept, and what bounds it. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { settleSession, type Cage } from '../../../lib/tenancy/reports/cage.ts'
import { readTenant, type Question } from '../../../lib/tenancy/reports/read-tenant.ts'
import { connectFleet, type FleetConnection } from '../../../lib/tenancy/session/fleet-connection.ts'
import { makeFleet, ownSlugs, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rt')
const slug = newSlug('a')
let fleet: Fleet
let cage: Cage

beforeAll(async () => {
  fleet = await makeFleet(databases)
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard([slug]))
  await worker.stop()
  const [placed] = await fleet.control<Array<{ role_name: string }>>`select role_name from placement`
  cage = { schema: schemaOf(slug), role: placed?.role_name ?? '', extensionSchemas: [], applicationName: 'tenantry report' }
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const connected = async <T>(use: (connection: FleetConnection) => Promise<T>): Promise<T> => {
  const connection = await connectFleet(fleet.urls[0] ?? '', { applicationName: 'tenantry:report test' })
  try {
    await connection.query(settleSession)
    return await use(connection)
  } finally {
    await connection.close()
  }
}
const asked = (statement: string, name: string, type: string, oid: number): Question => ({ statement, columns: [{ name, type, oid }], rowCap: 1_000_000 })
const numbers = asked('select n from generate_series(1, 2500) n', 'n', 'integer', 23)
const version = 150_000
const ignore = async (): Promise<void> => {}

test('an answer that cannot be kept leaves no transaction behind', async () => {
  await connected(async (connection) => {
    const full = new Error('no room')
    await expect(readTenant(connection, cage, version, numbers, () => Promise.reject(full))).rejects.toBe(full)
    const [row] = await connection.query<{ who: string }>('select current_user = session_user as who')
    expect(row).toEqual({ who: true })
    expect(await readTenant(connection, cage, version, numbers, ignore)).toEqual({ kind: 'answered', rows: 2_500 })
  })
})

test('rows that are too large to be held end the connection, and are never held', async () => {
  const large = asked("select repeat('x', 65536) as n from generate_series(1, 900)", 'n', 'text', 25)
  await connected(async (connection) => {
    expect(await readTenant(connection, cage, version, large, ignore)).toEqual({ kind: 'too_large' })
    expect(connection.dead).toBe(true)
    await fleet.until('the end of its backend', async () => (await fleet.sql`select from pg_stat_activity where pid = ${connection.pid}`).length === 0)
  })
})

test('a tenant has its time for all chunks together, and for handing them on', async () => {
  const slow = asked('select n from generate_series(1, 1500) n, lateral (select case when n > 1400 then pg_sleep(20) end) s', 'n', 'integer', 23)
  const never = new Promise<void>(() => {})
  await connected(async (connection) => {
    expect(await readTenant(connection, cage, version, slow, ignore, { tenantMs: 1_000 })).toEqual({ kind: 'too_slow' })
    expect(await readTenant(connection, cage, version, numbers, () => never, { tenantMs: 500 })).toEqual({ kind: 'too_slow' })
    expect(await readTenant(connection, cage, version, numbers, ignore)).toEqual({ kind: 'answered', rows: 2_500 })
  })
})

test('a statement that the server has once taken alone goes in one message from then on, and whoever lacks what it asks for is told so', async () => {
  const question = asked('select count(*) as n from customer -- of each', 'n', 'bigint', 20)
  await connected(async (connection) => {
    const sent = vi.spyOn(connection, 'flight')
    const sizes = (): readonly number[] => sent.mock.calls.splice(0).map(([messages]) => messages.length)
    const rows: string[] = []
    const ask = (of: Cage) => readTenant(connection, of, version, question, async (some) => void rows.push(...some.flat().map(String)))
    for (const expected of [[4], [1], [1]]) {
      expect(await ask(cage)).toEqual({ kind: 'answered', rows: 1 })
      expect(sizes()).toEqual(expected)
    }
    expect(new Set(rows).size).toBe(1)
    expect(await ask({ ...cage, schema: 'pg_catalog' })).toMatchObject({ kind: 'refused', error: { code: '42P01' } })
    expect(sizes()).toEqual([1, 1])
    expect(await fleet.sql`select state, application_name from pg_stat_activity where pid = ${connection.pid}`).toEqual([
      { state: 'idle', application_name: 'tenantry:report test' },
    ])
    expect(await ask({ ...cage, role: 'nobody_at_all' })).toMatchObject({ kind: 'refused', error: { code: '22023' } })
    expect(await ask(cage)).toEqual({ kind: 'answered', rows: 1 })
    expect(await readTenant(connection, cage, version, asked('select 1 as n; select 2', 'n', 'integer', 23), ignore)).toMatchObject({
      kind: 'refused',
      error: { code: '42601' },
    })
  })
})

test('an answer that nobody waits for any more ends between two of its chunks, and where it waits for room', async () => {
  await connected(async (connection) => {
    for (const sink of [ignore, () => new Promise<void>(() => {})]) {
      const off = new AbortController()
      let chunks = 0
      const first = async (): Promise<void> => {
        chunks += 1
        off.abort()
        await sink()
      }
      expect(await readTenant(connection, cage, version, numbers, first, { calledOff: off.signal })).toEqual({ kind: 'called_off' })
      expect(chunks).toBe(1)
      expect(await fleet.sql`select state from pg_stat_activity where pid = ${connection.pid}`).toEqual([{ state: 'idle' }])
    }
  })
})

test('of rows that are wide fewer are read together, once that is known', async () => {
  const wide = asked("select repeat('x', 20000) as n from generate_series(1, 1250)", 'n', 'text', 25)
  await connected(async (connection) => {
    const chunks: number[] = []
    expect(await readTenant(connection, cage, version, wide, async (rows) => void chunks.push(rows.length))).toEqual({ kind: 'answered', rows: 1_250 })
    expect(chunks).toEqual([1_000, 104, 104, 42])
  })
})
