/** The production console on a control database with 10,000 tenants, no worker in it: what its process uses is the web's alone. */
import { rmSync } from 'node:fs'
import type postgres from 'postgres'
import { migrationsDir } from '../../../lib/connection.ts'
import { nextFreePort } from '../../../lib/embedded/ports.ts'
import type { Tenancy } from '../../../lib/tenancy/contract/tenancy.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { openVisitor, type Visitor } from '../../support/browser.ts'
import { makeFolder } from '../../support/folder.ts'
import { makePerson } from '../../support/people.ts'
import { signInAs } from '../../support/signing-in.ts'
import { startConsole } from '../../support/start-console.ts'
import { fillRegistry } from '../benches/registry.ts'
import { openSql, type BenchServer } from '../server.ts'

const secret = 'the secret of a bench that is long enough'
const email = 'bench@example.com'

export type WebStage = {
  readonly address: string
  /** Of the web process. */
  readonly pid: number
  readonly controlUrl: string
  readonly tenancy: Tenancy
  /** The control database, for looking and feeding. */
  readonly sql: postgres.Sql
  /** A folder of this stage's own. */
  readonly folder: string
  /** A browser of its own whose person is signed in. */
  visit(): Promise<Visitor>
  close(): Promise<void>
}

export const openWebStage = async (server: BenchServer, budget: number): Promise<WebStage> => {
  const controlUrl = await server.create('control_web')
  const fleetUrl = await server.create('bench_nobody')
  const folder = makeFolder('bench-web')
  const tenancy = createTenancy({ controlUrl, secret, migrationsDir })
  await tenancy.control.migrate()
  const sql = openSql(controlUrl)
  await fillRegistry({ tenancy, sql }, fleetUrl, budget)
  await makePerson(tenancy, email, 'admin')
  const started = await startConsole({
    DATABASE_URL: controlUrl,
    TENANTRY_SECRET: secret,
    TENANTRY_WORKER: 'off',
    PORT: String(await nextFreePort(3_970)),
  })
  return {
    address: started.address,
    pid: started.pid,
    controlUrl,
    tenancy,
    sql,
    folder,
    async visit() {
      const visitor = await openVisitor({ baseUrl: started.address })
      await signInAs(visitor.page, email, '/account')
      return visitor
    },
    async close() {
      await started.end()
      await sql.end({ timeout: 5 })
      await tenancy.close()
      await server.drop('control_web')
      await server.drop('bench_nobody')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
