/** The control plane's own schema, brought up by the tenants' runner. */
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
import { projectRoot } from '../../../lib/root.ts'
import { createTenancy, type TenancyConfig } from '../../../lib/tenancy/index.ts'
import { historyRowOf } from '../../../lib/tenancy/migrations/apply.ts'
import { migrateControl } from '../../../lib/tenancy/migrations/control-plane.ts'
import { insertHistory } from '../../../lib/tenancy/migrations/history.ts'
import { loadSet } from '../../../lib/tenancy/migrations/load-set.ts'
import { refusalOf } from '../../support/fleet.ts'
import { makeFolder } from '../../support/folder.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const configOf = (controlUrl: string): TenancyConfig => ({ controlUrl, secret: testSecret, migrationsDir })
let url: string
let sql: postgres.Sql

const withTenancy = async <T>(controlUrl: string, work: (tenancy: ReturnType<typeof createTenancy>) => Promise<T>, release = migrationsDir): Promise<T> => {
  const tenancy = createTenancy({ ...configOf(controlUrl), migrationsDir: release })
  try {
    return await work(tenancy)
  } finally {
    await tenancy.close()
  }
}

const historyOf = async (): Promise<readonly string[]> =>
  (await sql<Array<{ version: string }>>`select version from tenantry.tenantry_history order by version`).map(({ version }) => version)

/** A process of its own that migrates and says what it applied. */
const migrateElsewhere = (controlUrl: string): Promise<readonly string[]> => {
  const program = `
    const { createTenancy } = await import(${JSON.stringify(join(projectRoot, 'lib/tenancy/index.ts'))})
    const tenancy = createTenancy(${JSON.stringify(configOf(controlUrl))})
    const { applied } = await tenancy.control.migrate()
    await tenancy.close()
    console.log(JSON.stringify(applied))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => (code === 0 ? resolve(JSON.parse(output) as string[]) : reject(new Error(`ended with ${code}`))))
  })
}

beforeAll(async () => {
  url = await databases.empty()
  sql = postgres(url, { max: 1, onnotice: () => undefined })
})
afterAll(() => sql.end())

describe('the control plane', () => {
  it('says that it is not set up, or not there', async () => {
    await withTenancy(url, async (tenancy) => expect(await refusalOf(tenancy.control.ready())).toMatchObject({ code: 'control.not_ready' }))
    const away = new URL(url)
    away.port = '1'
    await withTenancy(away.href, async (tenancy) => {
      expect(await refusalOf(tenancy.control.ready())).toMatchObject({ code: 'control.unreachable' })
      expect(await refusalOf(tenancy.control.migrate())).toMatchObject({ code: 'control.unreachable' })
    })
  })

  it('is migrated by two processes at once without harm: each migration by one of them', async () => {
    const applied = await Promise.all([migrateElsewhere(url), migrateElsewhere(url)])
    const history = await historyOf()
    expect(history.length).toBeGreaterThanOrEqual(3)
    expect(applied.flat().toSorted()).toEqual(history)
    await withTenancy(url, (tenancy) => tenancy.control.ready())
  })

  it('that another process brings further before it is read back is gone on with from there', async () => {
    const folder = makeFolder('three-steps')
    const texts = {
      '0001_first.sql': 'select pg_advisory_xact_lock(4711)',
      '0002_second.sql': 'create table second (id int)',
      '0003_third.sql': 'create table third (id int)',
    }
    for (const [file, text] of Object.entries(texts)) writeFileSync(join(folder, file), `${text};\n`)
    const other = await databases.empty()
    const admin = postgres(other, { max: 2, onnotice: () => undefined })
    const gate = await admin.reserve()
    await gate`select pg_advisory_lock(4711)`
    const waitsFor = (text: string) =>
      vi.waitFor(async () => {
        const waiting = await gate`
          select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like ${`%${text}%`} and pid <> pg_backend_pid()`
        expect(waiting).toHaveLength(1)
      }, 20_000)
    const migrating = migrateControl(other, folder)
    await waitsFor('pg_advisory_xact_lock(4711)')
    // Granted when the first one has committed: what is read behind the commit waits for this.
    const ahead = admin.begin(async (trx) => {
      await trx`lock table tenantry.tenantry_history in access exclusive mode`
      await trx.unsafe(`set local search_path = tenantry; ${texts['0002_second.sql']}`)
      const second = (await loadSet(folder)).migrations[1]
      if (!second) throw new Error('there is no second migration')
      await trx.unsafe(insertHistory('tenantry', [historyRowOf(second, null)]))
    })
    await waitsFor('lock table')
    await gate`select pg_advisory_unlock(4711)`
    await ahead
    gate.release()
    expect(await migrating).toEqual({ applied: ['0001', '0003'] })
    expect((await admin`select version from tenantry.tenantry_history order by 1`).map(({ version }) => version as string)).toEqual(['0001', '0002', '0003'])
    await admin.end()
    rmSync(folder, { recursive: true })
  })

  it('is left as it is by a second migrate', async () => {
    const before = await historyOf()
    await withTenancy(url, async (tenancy) => expect(await tenancy.control.migrate()).toEqual({ applied: [] }))
    expect(await historyOf()).toEqual(before)
  })

  it('goes on where an older release left it', async () => {
    const older = await databases.empty()
    const release = makeFolder('older-release')
    mkdirSync(join(release, 'control'))
    for (const file of ['0001_registry.sql', '0002_runs.sql']) copyFileSync(join(migrationsDir, 'control', file), join(release, 'control', file))
    await withTenancy(older, (tenancy) => tenancy.control.migrate(), release)
    rmSync(release, { recursive: true })
    await withTenancy(older, async (tenancy) => {
      const { applied } = await tenancy.control.migrate()
      expect(applied[0]).toBe('0003')
      await tenancy.control.ready()
    })
  })

  it.each([
    [
      'a newer release made',
      `insert into tenantry.tenantry_history (version, name, checksum, finished_at) values ('9999', 'future', 'x', now())`,
      `delete from tenantry.tenantry_history where version = '9999'`,
    ],
    [
      'was edited',
      `update tenantry.tenantry_history set checksum = 'x' || checksum where version = '0001'`,
      `update tenantry.tenantry_history set checksum = substr(checksum, 2) where version = '0001'`,
    ],
  ])('whose history %s is refused and left alone', async (_, change, back) => {
    await sql.unsafe(change)
    const before = await historyOf()
    await withTenancy(url, async (tenancy) => expect(await refusalOf(tenancy.control.migrate())).toMatchObject({ code: 'control.not_ready' }))
    expect(await historyOf()).toEqual(before)
    await sql.unsafe(back)
  })

  it('keeps its own tables in its own schema', async () => {
    expect(await sql`select relname from pg_class where relnamespace = 'public'::regnamespace`).toEqual([])
  })
})
