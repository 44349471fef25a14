/** The control database's connections break under a process at work: it lives, and does its work. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { projectRoot } from '../../../lib/root.ts'
import { isFinalRun } from '../../../lib/tenancy/contract/index.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { conductorFreshSeconds } from '../../../lib/tenancy/runs/control.ts'
import { codeOf, classify } from '../../../lib/tenancy/sql/sqlstate.ts'
import { makeFleet, slugsOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'
import { killWorkers, spawnWorker } from '../../support/workers.ts'

const databases = useDatabases()
let fleet: Fleet
const slugs = slugsOf(40, 'k')

beforeAll(async () => {
  fleet = await makeFleet(databases, { budget: 6, limits: { maxTries: 20 } })
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  await worker.stop()
})
afterEach(killWorkers)
afterAll(() => fleet.close())

const terminate = async (): Promise<number> => {
  const rows =
    await fleet.control`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'tenantry%'`
  return rows.length
}

describe('a control database whose connections break', () => {
  it('fails the transaction with a class of its own, and gives the pool a new connection', async () => {
    const control = openControl(fleet.controlUrl, { max: 2 })
    for (const gapMs of [0, 50]) {
      const losing = control.db.transaction().execute(async (trx) => {
        await sql`select 1`.execute(trx)
        await terminate()
        await sleep(gapMs)
        await sql`select 1`.execute(trx)
      })
      expect(classify(codeOf(await losing.catch((error: unknown) => error)))).toBe('connection')
    }
    const answers = await Promise.all([1, 2, 3].map(() => sql<{ ok: number }>`select 1 as ok`.execute(control.db)))
    expect(answers.map(({ rows }) => rows[0]?.ok)).toEqual([1, 1, 1])
    await control.close()
  })

  it('ends a transaction that its process has left to itself, before that process is taken for dead', async () => {
    const control = openControl(fleet.controlUrl, { max: 1 })
    const { rows } = await sql<{ ms: number }>`
      select setting::int as ms from pg_settings where name = 'idle_in_transaction_session_timeout'`.execute(control.db)
    expect(rows[0]?.ms).toBeGreaterThan(0)
    expect(rows[0]?.ms).toBeLessThan(conductorFreshSeconds * 1000)
    await control.close()
  })

  it('loses neither a worker nor its run', async () => {
    await fleet.sync({ '0003_slow.sql': 'select pg_sleep(0.05); create table more (id int);' })
    const worker = spawnWorker(fleet)
    await worker.ready
    const run = await fleet.start()
    for (let kills = 0; kills < 15 && !isFinalRun(await fleet.stateOf(run)); kills += 1) {
      await terminate()
      await sleep(130)
    }
    expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded', counts: { succeeded: slugs.length } })
    for (const slug of slugs) expect(await fleet.versionsOf(slug)).toEqual(['0001', '0002', '0003'])
    // A worker that died would have ended before it was asked to.
    expect(await worker.end('SIGTERM')).toBe(0)
  })

  it('loses no process that reads and writes', async () => {
    const child = spawn(process.execPath, [join(projectRoot, 'test', 'support', 'control-entry.ts'), fleet.controlUrl], {
      cwd: projectRoot,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    await fleet.until('the process to begin', async () => said.includes('reading'))
    for (let kills = 0; kills < 15; kills += 1) {
      await terminate()
      await sleep(60)
    }
    child.stdin.end()
    expect(await ended).toBe(0)
    expect(said).toContain('answered')
  })
})
