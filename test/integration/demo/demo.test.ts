/** The demo as a newcomer meets it: made in seconds even after a crash, one rollout with a retry and a group of failures, repaired, green. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
import { demoDatabases, demoTenants } from '../../../lib/demo/fleet.ts'
import { prepareDemo } from '../../../lib/demo/index.ts'
import { findBrokenTenants, repairDemoData } from '../../../lib/demo/repair.ts'
import { readDemo, urlBeside, withSql } from '../../../lib/demo/setting.ts'
import { childEnvironment } from '../../../lib/env.ts'
import { projectRoot } from '../../../lib/root.ts'
import { isFinalRun, listTenantsInput, startRunInput, startSavedReportInput, systemActor } from '../../../lib/tenancy/contract/index.ts'
import type { RunDetail, Tenancy } from '../../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let controlUrl: string
let tenancy: Tenancy
let phases: string[] = []

const prepare = () =>
  prepareDemo({
    tenancy,
    controlUrl,
    phase: (name, work) => {
      phases.push(name)
      return work()
    },
  })

beforeAll(async () => {
  controlUrl = await databases.control()
  tenancy = createTenancy({ controlUrl, secret: testSecret, migrationsDir })
})

afterAll(async () => {
  await tenancy.close()
  const sql = postgres(inject('serverUrl'), { max: 1, onnotice: () => undefined })
  for (const { dbname } of Object.values(demoDatabases)) await sql`drop database if exists ${sql(dbname)} with (force)`
  // Roles are the server's, not the database's.
  for (const { schema } of demoTenants) await sql`drop role if exists ${sql(schema)}`
  await sql.end()
})

const countActive = async (): Promise<number> => (await tenancy.tenants.list(listTenantsInput.parse({ state: ['active'], limit: 1 }))).total

const settled = async (run: number): Promise<RunDetail> => {
  for (;;) {
    const detail = await tenancy.runs.get(run)
    if (isFinalRun(detail.state)) return detail
    await sleep(50)
  }
}

it('a first start that was killed in the middle is finished by the next one', async () => {
  const script = `
    import { prepareDemo } from ${JSON.stringify(join(projectRoot, 'lib/demo/index.ts'))}
    import { createTenancy } from ${JSON.stringify(join(projectRoot, 'lib/tenancy/index.ts'))}
    const [controlUrl, secret, migrationsDir] = process.argv.slice(1)
    await prepareDemo({ tenancy: createTenancy({ controlUrl, secret, migrationsDir }), controlUrl, phase: (_, work) => work() })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, controlUrl, testSecret, migrationsDir], {
    stdio: 'inherit',
    env: childEnvironment({ DATABASE_URL: '', NODE_ENV: '' }),
  })
  while ((await countActive()) < 5) await sleep(20)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await countActive()).toBeLessThan(200)

  const lock = await prepare()
  await lock.release()
  expect(phases).toEqual(['Demo fleet of 200 tenants'])
  const { tenants, states, sets } = await tenancy.fleet.overview()
  expect([tenants, states.behind]).toEqual([200, 200])
  expect(Object.fromEntries(sets[0]?.versions.map(({ version, count }) => [version, count]) ?? [])).toEqual({
    '0006': 2,
    '0008': 4,
    '0009': 6,
    '0010': 8,
    '0011': 180,
  })
  expect(await findBrokenTenants(controlUrl, 'app')).toHaveLength(4)
})

it('a page is told at once what is wrong, and nothing of tenants whose invoices are locked', async () => {
  const demo = await readDemo(controlUrl)
  const [first] = demo?.broken ?? []
  if (!first) throw new Error('the demo has no broken tenant')
  await withSql(urlBeside(controlUrl, first.dbname), (sql) =>
    sql.begin(async (tx) => {
      await tx`lock table ${tx(first.schema)}.invoices in access exclusive mode`
      const told = await findBrokenTenants(controlUrl, 'app')
      expect(told).toHaveLength(3)
      expect(told).not.toContain(first.slug)
    }),
  )
  expect(await findBrokenTenants(controlUrl, 'app')).toHaveLength(4)
})

it('every tenant has rows, and sizes differ as they do in life', async () => {
  const { rows } = await tenancy.tenants.list(listTenantsInput.parse({ limit: 500 }))
  expect(new Set(rows.map(({ bytes }) => bytes)).size).toBeGreaterThan(10)
  for (const { dbname } of Object.values(demoDatabases)) {
    const url = new URL(controlUrl)
    url.pathname = `/${dbname}`
    const sql = postgres(url.href, { max: 1 })
    const mine = demoTenants.filter((tenant) => tenant.dbname === dbname)
    const counts = await sql.unsafe<Array<{ fewest: string }>>(
      mine
        .map(
          ({ schema }) =>
            `select least((select count(*) from ${schema}.work_logs), (select count(*) from ${schema}.invoices), (select count(*) from ${schema}.shifts)) as fewest`,
        )
        .join(' union all '),
    )
    expect(counts.filter(({ fewest }) => Number(fewest) < 5)).toEqual([])
    await sql.end()
  }
})

it('its saved reports are answered by every tenant, whatever version it is at', async () => {
  const { saved } = tenancy.reports
  const worker = await tenancy.startWorker({ schedules: false })
  try {
    const answers = new Map<string, { readonly rows: number; readonly combined: number }>()
    for (const { id, name, schedule } of await saved.list(systemActor)) {
      const { combine, figures } = await saved.get(systemActor, id)
      const { run } = await saved.start(systemActor, startSavedReportInput.parse({ report: id }))
      expect(await settled(run), name).toMatchObject({ state: 'succeeded', counts: { succeeded: 200 } })
      const { rows } = await tenancy.reports.get(systemActor, run)
      const combined = await tenancy.reports.combine(systemActor, { run, sql: combine ?? '' })
      answers.set(name, { rows, combined: combined.rows.length })
      expect([name, figures.length > 0, schedule === null || schedule.nextAt !== null]).toEqual([name, true, true])
    }
    expect([...answers.keys()]).toEqual([
      'Hours logged last month by site',
      'Largest tables',
      'Overdue invoices',
      'Seats per tenant',
      'Tenants without a clock-in for 30 days',
    ])
    expect(answers.get('Seats per tenant')).toEqual({ rows: 200, combined: 200 })
    expect(answers.get('Largest tables')?.rows).toBeGreaterThan(200 * 5)
    expect(answers.get('Overdue invoices')?.combined).toBeGreaterThan(100)
    expect(answers.get('Hours logged last month by site')?.combined).toBeGreaterThan(3)
  } finally {
    await worker.stop()
  }
})

it('a second start does nothing', async () => {
  phases = []
  const before = await tenancy.runs.list({ limit: 50 })
  const lock = await prepare()
  await lock.release()
  expect([phases, await tenancy.runs.list({ limit: 50 })]).toEqual([[], before])
})

it('the first rollout has one retried, four failures in one group; repaired and run again it is green', async () => {
  const lock = await prepare()
  const worker = await tenancy.startWorker({ schedules: false })
  try {
    const { run } = await tenancy.runs.start(systemActor, startRunInput.parse({ set: 'app' }))
    const first = await settled(run)
    expect(first).toMatchObject({ state: 'failed', retried: 1, counts: { succeeded: 196, failed: 4, total: 200 } })
    await lock.done
    const groups = await tenancy.runs.failures(run)
    expect(groups).toMatchObject([{ count: 4, example: { code: '23514', constraint: 'invoices_due_after_issue', version: '0012' } }])
    expect(groups[0]?.example.offendingRowsQuery).toContain('NOT (due_on >= issued_on)')
    expect(groups[0]?.tenants.toSorted()).toEqual(await findBrokenTenants(controlUrl, 'app'))

    const { tenants, invoices } = await repairDemoData(controlUrl)
    expect([tenants.length, invoices >= 4, await findBrokenTenants(controlUrl, 'app')]).toEqual([4, true, []])
    expect(await repairDemoData(controlUrl)).toEqual({ tenants: [], invoices: 0, locked: [] })
    const again = await tenancy.runs.rerun(systemActor, { run, note: '' })
    expect(await settled(again.run)).toMatchObject({ state: 'succeeded', counts: { succeeded: 4 } })
    expect((await tenancy.fleet.overview()).states.at_head).toBe(200)
  } finally {
    await worker.stop()
    await lock.release()
  }
})

it('nothing is held once the tenant has the migration', async () => {
  const lock = await prepare()
  await expect(lock.done).resolves.toBeUndefined()
})
