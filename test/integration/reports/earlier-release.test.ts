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

test('rows of a report that was run before reports were saved keep their order, and can be read and handed on', async () => {
  const controlUrl = await databases.empty()
  const earlier = mkdtempSync(join(tmpdir(), 'tenantry-earlier-'))
  const sql = postgres(controlUrl, { max: 1, onnotice: () => undefined, connection: { search_path: 'tenantry' } })
  const using = async <T>(dir: string, use: (tenancy: ReturnType<typeof createTenancy>) => Promise<T>): Promise<T> => {
    const tenancy = createTenancy({ controlUrl, secret: testSecret, migrationsDir: dir })
    try {
      return await use(tenancy)
    } finally {
      await tenancy.close()
    }
  }
  try {
    for (const file of readdirSync(join(migrationsDir, 'control')))
      if (file < '0019') cpSync(join(migrationsDir, 'control', file), join(earlier, 'control', file))
    await using(earlier, ({ control }) => control.migrate())
    await sql.unsafe(`
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
      insert into tenantry_report_1.collected values (1, 'acme', 30), (1, 'acme', 10), (1, 'acme', 20)`)
    await using(migrationsDir, async ({ control, reports }) => {
      await control.migrate()
      const rows = [
        ['acme', '30'],
        ['acme', '10'],
        ['acme', '20'],
      ]
      expect((await reports.rows(ada, { run: 1, descending: false, offset: 0, limit: 10 })).rows).toEqual(rows)
      const streamed: unknown[] = []
      for await (const piece of reports.stream(ada, 1)) streamed.push(...piece)
      expect(streamed).toEqual(rows)
    })
  } finally {
    await sql.end()
    rmSync(earlier, { recursive: true })
  }
})
