/** A database whose applications come through a pooler in transaction mode: looked at through it, worked on by its direct address. */
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openControl, type Control } from '../../../lib/tenancy/control/db.ts'
import { silentLogger, silentMeters } from '../../../lib/tenancy/context.ts'
import { refreshDatabases } from '../../../lib/tenancy/registry/database-refresh.ts'
import { ada, firstFiles, makeFleet, refusalOf, type Fleet } from '../../support/fleet.ts'
import { testSecret, useDatabases } from '../../support/template.ts'
import { startTransactionPooler, startTrusting } from './odd-servers.ts'

const databases = useDatabases()
type Addresses = { readonly url: string; readonly directUrl: string }
let server: Awaited<ReturnType<typeof startTrusting>>
let pooler: Awaited<ReturnType<typeof startTransactionPooler>>
let fleet: Fleet
let control: Control
let both: Addresses
let number = 0

/** A new database of the server that lets everybody in, as the pooler's connection comes without a password. */
const newDatabase = async (): Promise<{ readonly dbname: string; readonly url: string }> => {
  number += 1
  const dbname = `app${number}`
  const sql = postgres(server.url, { max: 1 })
  await sql.unsafe(`create database ${dbname}`)
  await sql.end()
  return { dbname, url: Object.assign(new URL(server.url), { pathname: `/${dbname}` }).href }
}
const poolerOf = (dbname: string) => startTransactionPooler({ port: server.port, user: 'postgres', dbname })

beforeAll(async () => {
  server = await startTrusting()
}, 30_000)
afterAll(() => server.stop())

beforeEach(async () => {
  fleet = await makeFleet(databases)
  control = openControl(fleet.controlUrl, { max: 2 })
  const { dbname, url } = await newDatabase()
  pooler = await poolerOf(dbname)
  both = { url: pooler.url, directUrl: url }
})
afterEach(async () => {
  await pooler.stop()
  await control.close()
  await fleet.close()
})

const rowOf = async () => (await fleet.tenancy.databases.list()).find(({ name }) => name === 'pooled')
const refresh = () => refreshDatabases({ control, secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() }, ['pooled'])
const addressOf = (url: string): { readonly host: string; readonly port: number } => ({ host: new URL(url).hostname, port: Number(new URL(url).port) })

it('a pooler alone is refused with what it lacks; with the direct address beside it all is well', async () => {
  const { databases: commands } = fleet.tenancy
  const alone = commands.check(ada, { url: both.url })
  await expect(alone).rejects.toMatchObject({ code: 'database.pooler' })
  await expect(alone.catch((error: { toDocument(): object }) => error.toDocument())).resolves.toMatchObject({ hint: expect.stringContaining('--direct-url') })
  expect(await commands.check(ada, both)).toMatchObject({ ...addressOf(both.directUrl), pooler: new URL(both.url).host, warnings: [] })
  const row = await commands.add(ada, { name: 'pooled', ...both })
  expect(row).toMatchObject({ ...addressOf(both.directUrl), pooler: { ...addressOf(both.url), problem: null }, reachable: true })
  const { rows } = await fleet.tenancy.audit.list({ action: 'databases.add', limit: 1 })
  expect(rows).toMatchObject([{ details: { host: new URL(both.directUrl).host, pooler: new URL(both.url).host } }])
  expect(await refusalOf(commands.add(ada, { name: 'again', url: both.directUrl }))).toMatchObject({ code: 'database.same' })
})

it('what is worked on there is worked on directly, also while the pooler is gone', async () => {
  await fleet.tenancy.databases.add(ada, { name: 'pooled', ...both })
  await fleet.tenancy.sets.sync(ada, { name: 'app', database: 'pooled' })
  await pooler.stop()
  await fleet.work()
  const onboarded = await fleet.ended(await fleet.onboard(['through-one', 'through-two']))
  expect([onboarded.state, onboarded.counts.succeeded]).toEqual(['succeeded', 2])
  await fleet.sync({ ...firstFiles, '0003_note.sql': 'alter table customer add column note text;\n' })
  expect((await fleet.roll()).counts).toMatchObject({ succeeded: 2, failed: 0 })
})

it('a pooler that is gone is told beside a server that answers, and so is its return', async () => {
  await fleet.tenancy.databases.add(ada, { name: 'pooled', ...both })
  await pooler.stop()
  expect(await refresh()).toEqual([])
  expect(await rowOf()).toMatchObject({ reachable: true, problem: null, pooler: { problem: expect.stringContaining('nothing answers at that port') } })
  expect(await fleet.tenancy.onCall.numbers()).toMatchObject({
    servers: expect.arrayContaining([expect.objectContaining({ unfitPoolers: 1, unreachableDatabases: 0 })]),
  })

  pooler = await poolerOf(new URL(both.directUrl).pathname.slice(1))
  expect((await fleet.tenancy.databases.changeUrl(ada, { name: 'pooled', url: pooler.url, directUrl: both.directUrl })).pooler).toEqual({
    ...addressOf(pooler.url),
    problem: null,
  })
  expect(await refresh()).toEqual([])
  expect(await rowOf()).toMatchObject({ pooler: { problem: null } })
  expect((await fleet.tenancy.databases.changeUrl(ada, { name: 'pooled', url: both.directUrl })).pooler).toBeNull()
})

it('two addresses of two databases are refused, and a wrong one is named', async () => {
  const { databases: commands } = fleet.tenancy
  const other = await newDatabase()
  expect(await refusalOf(commands.add(ada, { name: 'pooled', url: both.url, directUrl: other.url }))).toMatchObject({ code: 'database.pooler_other' })
  // Of the same name, on another server.
  const elsewhere = Object.assign(new URL(fleet.urls[0] ?? ''), { pathname: '/postgres' }).href
  const namesake = await poolerOf('postgres')
  try {
    expect(await refusalOf(commands.add(ada, { name: 'pooled', url: namesake.url, directUrl: elsewhere }))).toMatchObject({ code: 'database.pooler_other' })
  } finally {
    await namesake.stop()
  }
  expect(await refusalOf(commands.check(ada, { url: both.url, directUrl: both.url }))).toMatchObject({ code: 'database.pooler' })
  expect(await refusalOf(commands.check(ada, { url: both.url, directUrl: 'mysql://x' }))).toMatchObject({ code: 'database.direct_url' })
  expect(await refusalOf(commands.check(ada, { url: 'mysql://x', directUrl: both.directUrl }))).toMatchObject({ code: 'database.url' })
  expect(await rowOf()).toBeUndefined()
})
