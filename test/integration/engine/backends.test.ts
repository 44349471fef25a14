/** What many targets leave behind on their server: backends that grow, and statistics that grow old. */
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
import { silentMeters } from '../../../lib/tenancy/context.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { analyzeCatalogs } from '../../../lib/tenancy/observation/analyze-catalogs.ts'
import { BackendWeight } from '../../../lib/tenancy/runs/conduct/backend-weight.ts'
import { conductLimits, type ConductLimits } from '../../../lib/tenancy/runs/conduct/limits.ts'
import { connectFleet } from '../../../lib/tenancy/session/fleet-connection.ts'
import { ada, makeFleet, ownSlugs, type Fleet } from '../../support/fleet.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { newSlug } = ownSlugs('b')
let fleet: Fleet

const slugs = (count: number): string[] => Array.from({ length: count }, () => newSlug('x'))

/** A worker with bounds of its own for as long as something is done. */
const workedBy = async (limits: Partial<ConductLimits>, work: () => Promise<void>): Promise<void> => {
  const tenancy = createTenancy({ controlUrl: fleet.controlUrl, secret: testSecret, migrationsDir, limits })
  const worker = await tenancy.startWorker({ schedules: false })
  try {
    await work()
  } finally {
    await worker.stop()
    await tenancy.close()
  }
}

/** Backends that one lane alone, one item after the other, went through. */
const backendsOf = async (backendBytes: number, version: string): Promise<number> => {
  await fleet.sync({ [`${version}_note.sql`]: `alter table customer add column note_${version} text;` })
  const { run } = await fleet.tenancy.runs.start(ada, { set: 'app', selection: { kind: 'all' }, note: '', maxConcurrent: 1 })
  await workedBy({ backendBytes }, async () => void (await fleet.ended(run)))
  const [row] = await fleet.control<Array<{ backends: number }>>`select count(distinct backend_pid)::int as backends from attempt where run_id = ${run}`
  return row?.backends ?? 0
}

beforeAll(async () => {
  fleet = await makeFleet(databases)
})
afterAll(() => fleet.close())

describe('the statistics of the catalogs', () => {
  const analyzedAt = async (): Promise<Date | null> => {
    const [row] = await fleet.sql<
      Array<{ at: Date | null }>
    >`select min(last_analyze) as at from pg_stat_sys_tables where relname in ('pg_class', 'pg_attribute', 'pg_index')`
    return row?.at ?? null
  }

  it('are made anew after a run that changed many targets, and not after one that changed few', async () => {
    await workedBy({ analyzeAfter: 5 }, async () => {
      await fleet.verified(await fleet.onboard(slugs(4)))
      expect(await analyzedAt()).toBeNull()
      await fleet.verified(await fleet.onboard(slugs(5)))
      await expect.poll(analyzedAt, { timeout: 15_000 }).not.toBeNull()
    })
  })
})

describe('the statistics of the catalogs, with the rights that a connection is documented to need', () => {
  it('stay as they are, which is said once with its remedy, and the remedy is one', async () => {
    const role = `documented_${process.pid}`
    const url = new URL(await databases.empty())
    const database = url.pathname.slice(1)
    const admin = postgres(url.href, { max: 1, onnotice: () => undefined })
    await admin.unsafe(`create role ${role} createrole login password 'documented'; grant connect, create on database ${database} to ${role}`)
    Object.assign(url, { username: role, password: 'documented' })
    const few = await makeFleet(databases, { urls: [url.href] })
    const control = openControl(few.controlUrl)
    const said: Array<{ level: string; event: string; fields: Readonly<Record<string, unknown>> }> = []
    const say = (level: string) => (fields: object, event: string) => void said.push({ level, event, fields: { ...fields } })
    const logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
    const library = { control, secret: testSecret, logger, meters: silentMeters, clock: () => new Date() }
    try {
      const [row] = await few.control<Array<{ id: string }>>`select id from database`
      for (const _ of [1, 2]) await analyzeCatalogs(library, Number(row?.id))
      const refusal = { database: 'db1', refused: 7, says: expect.stringContaining('pg_class') as string, remedy: expect.stringContaining(role) as string }
      expect(said).toEqual([
        { level: 'warn', event: 'catalogs.analyze_refused', fields: refusal },
        { level: 'debug', event: 'catalogs.analyze_refused', fields: refusal },
      ])
      await admin.unsafe(String(said[0]?.fields.remedy))
      await analyzeCatalogs(library, Number(row?.id))
      expect(said.slice(2)).toEqual([{ level: 'info', event: 'catalogs.analyzed', fields: { database: 'db1' } }])
      await expect.poll(async () => (await admin`select from pg_stat_sys_tables where relname = 'pg_class' and last_analyze is not null`).length).toBe(1)
    } finally {
      await control.close()
      await few.close()
      await admin.unsafe(`reassign owned by ${role} to current_user; drop owned by ${role}; drop role ${role}`)
      await admin.end()
    }
  })
})

describe('a backend', () => {
  it('that has grown too large is replaced, one that has not serves on', async () => {
    const run = await fleet.onboard(slugs(40))
    await workedBy({}, async () => void (await fleet.ended(run)))
    expect(await backendsOf(1, '0003')).toBeGreaterThan(1)
    expect(await backendsOf(Number.MAX_SAFE_INTEGER, '0004')).toBe(1)
  })

  it('whose size may not be known is replaced by the number of its targets alone', async () => {
    const role = `small_${process.pid}`
    await fleet.sql.unsafe(`create role ${role} login password 'small'`)
    const url = new URL(fleet.urls[0] ?? '')
    url.username = role
    url.password = 'small'
    const connection = await connectFleet(url.href, { applicationName: 'backends' })
    try {
      const weight = new BackendWeight({ ...conductLimits, backendBytes: 1, recycleAfter: 30 })
      connection.touched = 20
      expect(await weight.isTooHeavy(connection, 1)).toBe(false)
      connection.touched = 30
      expect(await weight.isTooHeavy(connection, 1)).toBe(true)
      expect(connection.dead).toBe(false)
    } finally {
      await connection.close()
      const admin = postgres(fleet.urls[0] ?? '', { max: 1 })
      await admin.unsafe(`drop role ${role}`)
      await admin.end()
    }
  })
})
