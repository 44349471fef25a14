/** A real PgBouncer before a fleet database, where this machine has the program. What its modes do to a look is also shown without it, in registry/odd-servers. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, inject, it } from 'vitest'
import { chooseOwner } from '../../lib/embedded/binaries.ts'
import { nextFreePort } from '../../lib/embedded/ports.ts'
import { ada, makeFleet, refusalOf, slugsOf, type Fleet } from '../support/fleet.ts'
import { makeFolder } from '../support/folder.ts'
import { giveToPostgres } from '../support/small-disk.ts'
import { useDatabases } from '../support/template.ts'
import { counted, countedFiles, expectNothingLeft, expectWhole } from '../support/whole.ts'
import { killWorkers, spawnWorker } from '../support/workers.ts'

const databases = useDatabases()
const slugs = slugsOf(20, 'bounc')
let pooler: ChildProcess | null = null
let fleet: Fleet | null = null

const findProgram = (): string | null => {
  try {
    return execFileSync('which', ['pgbouncer'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return null
  }
}

afterEach(async () => {
  killWorkers()
  pooler?.kill('SIGKILL')
  pooler = null
  await fleet?.close()
  fleet = null
})

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

/** @returns the connection string through it */
const startPooler = async (program: string, on: Fleet, direct: string): Promise<string> => {
  const url = new URL(direct)
  const folder = makeFolder('pgbouncer')
  const port = await nextFreePort(17_000 + (process.pid % 200) * 10, '127.0.0.1')
  writeFileSync(join(folder, 'users'), `"${url.username}" "${decodeURIComponent(url.password)}"\n`)
  writeFileSync(
    join(folder, 'ini'),
    `[databases]\n* = host=127.0.0.1 port=${url.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = plain\nauth_file = ${join(folder, 'users')}\npool_mode = transaction\ndefault_pool_size = 4\n`,
  )
  await giveToPostgres(folder)
  // It refuses to run as root.
  pooler = spawn(program, ['-q', join(folder, 'ini')], { stdio: 'inherit', ...(await chooseOwner()) })
  void once(pooler, 'exit')
  await on.until('the pooler to answer', () => answers(port), 10_000)
  url.port = String(port)
  return url.href
}

it('a pooler in transaction mode is refused alone when the database is added, and taken beside the direct address, by which all goes on', async (context) => {
  const program = findProgram()
  if (program === null) return context.skip('there is no program pgbouncer on this machine (Debian: the package pgbouncer)')
  fleet = await makeFleet(databases, { urls: [await databases.empty()], files: countedFiles })
  const direct = fleet.urls[0] ?? inject('serverUrl')
  const pooled = await startPooler(program, fleet, direct)
  for (const refused of [
    fleet.tenancy.databases.check(ada, { url: pooled }),
    fleet.tenancy.databases.add(ada, { name: 'pooled', url: pooled }),
    fleet.tenancy.databases.changeUrl(ada, { name: 'db1', url: pooled }),
  ])
    expect(await refusalOf(refused)).toMatchObject({ code: 'database.pooler' })
  expect(await fleet.tenancy.databases.changeUrl(ada, { name: 'db1', url: pooled, directUrl: direct })).toMatchObject({
    port: Number(new URL(direct).port),
    pooler: { port: Number(new URL(pooled).port), problem: null },
  })
  // What the look was called would be what the pooler's connection is called for its next client.
  const named = await fleet.sql`select from pg_stat_activity where application_name = 'tenantry:probe'`
  expect(named).toEqual([])
  await fleet.watchStates()
  const worker = spawnWorker(fleet)
  await worker.ready
  await fleet.ended(await fleet.onboard(slugs))
  await fleet.sync(counted('0002'))
  const run = await fleet.roll()
  await expectWhole(fleet, run.id, slugs, ['0001', '0002'])
  await expectNothingLeft(fleet, 'bounc')
  expect(await worker.end('SIGTERM')).toBe(0)
})
