/** Results that an earlier release has collected are read by this one. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { ada } from '../../support/fleet.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()

type Use<T> = (tenancy: ReturnType<typeof createTenancy>) => Promise<T>

/** A control database as the release before a migration left it, and then this one. */
const throughUpdate = async (before: string, fill: string, use: Use<void>): Promise<void> => {
  const controlUrl = await databases.empty()
  const earlier = mkdtempSync(join(tmpdir(), 'tenantry-earlier-'))
  const sql = postgres(controlUrl, { max: 1, onnotice: () => undefined, connection: { search_path: 'tenantry' } })
  const using = async (dir: string, act: Use<void>): Promise<void> => {
    const tenancy = createTenancy({ controlUrl, secret: testSecret, migrationsDir: dir })
    try {
      await act(tenancy)
    } finally {
      await tenancy.close()
    }
  }
  try {
    for (const file of readdirSync(join(migrationsDir, 'control')))
      if (file < before) cpSync(join(migrationsDir, 'control', file), join(earlier, 'control', file))
    await using(earlier, async ({ control }) => void (await control.migrate()))
    await sql.unsafe(fill)
    await using(migrationsDir, async (tenancy) => {
      await tenancy.control.migrate()
      await use(tenancy)
    })
  } finally {
    await sql.end()
    rmSync(earlier, { recursive: true })
  }
}

test('rows of a report that was run before reports were saved keep their order, and can be read and handed on', async () => {
  const run = `
      insert into migration_set (name) values ('app');
      insert into run (kind, state, set_id, migrations, digest, started_by, finished_at) select 'report', 'succeeded', id, '[]', 'x', 'ada', now() from migration_set;
      insert into report_run (run_id, sql, statement, columns, row_cap, row_count, expires_at)
        select id, 'select n', 'select n', '[{"name": "n", "type": "integer", "oid": 23}]', 100, 3, now() + interval '1 day' from run;
      create schema tenantry_report_1;
      create unlogged table tenantry_report_1.collected (tenantry_target bigint not null, tenant text collate "C" not null, n integer);
      create view tenantry_report_1.results as select tenant, n from tenantry_report_1.collected;
      create unlogged table tenantry_report_1.batch (collector uuid, number bigint, primary key (collector, number));
      create unlogged table tenantry_report_1.tenants (tenant text);
      insert into tenantry_report_1.tenants values ('acme');
      insert into tenantry_report_1.collected values (1, 'acme', 30), (1, 'acme', 10), (1, 'acme', 20)`
  await throughUpdate('0019', run, async ({ reports }) => {
    const rows = [
      ['acme', '30'],
      ['acme', '10'],
      ['acme', '20'],
    ]
    expect((await reports.rows(ada, { run: 1, descending: false, offset: 0, limit: 10 })).rows).toEqual(rows)
    const streamed: unknown[] = []
    for await (const piece of reports.stream(ada, 1)) streamed.push(...piece)
    expect(streamed).toEqual(rows)
    expect(await reports.get(ada, 1)).toMatchObject({ missing: 'name', filled: [] })
  })
})

test('a report that was saved before it could say so names tenants that lack something, and so do its edits', async () => {
  const content = `jsonb_build_object('name', 'Old', 'description', '', 'set', 'app', 'sql', 'select 1 as a', 'combine', null, 'chart', null, 'params', '{}'::jsonb,
    'selection', '{"kind": "all"}'::jsonb, 'rowCap', 100, 'runnableBy', '[]'::jsonb, 'changeableBy', 'owner')`
  const saved = `
      insert into migration_set (name) values ('app');
      insert into saved_report (name, set_id, sql, selection, row_cap, owner, updated_by) select 'Old', id, 'select 1 as a', '{"kind": "all"}', 100, 'ada', 'ada' from migration_set;
      insert into saved_report_edit (report_id, revision, by, content) select id, 1, 'ada', ${content} from saved_report`
  await throughUpdate('0020', saved, async ({ reports: { saved: reports } }) => {
    const { id } = await reports.get(ada, 'Old')
    await reports.restore(ada, { report: id, revision: 1, edit: 1 })
    expect((await reports.get(ada, id)).missing).toBe('name')
    expect((await reports.history(ada, id)).map(({ content: kept }) => kept.missing)).toEqual(['name', 'name'])
  })
})
