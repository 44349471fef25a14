/** A database whose applications come through a pooler in transaction mode: looked at through it, worked on by its direct address. */
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openControl, type Control } from '../../../lib/tenancy/control/db.ts'
import { channel as eventChannel } from '../../../lib/tenancy/control/notify.ts'
import { silentLogger, silentMeters } from '../../../lib/tenancy/context.ts'
import { refreshPoolers } from '../../../lib/tenancy/registry/pooler-refresh.ts'
import { ada, firstFiles, makeFleet, refusalOf, type Fleet } from '../../support/fleet.ts'
import { testSecret, useDatabases } from '../../support/template.ts'
import { startRefusing, startTransactionPooler, startTrusting } from './odd-servers.ts'

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
const poolerOf = (dbname: string, port?: number) => startTransactionPooler({ port: server.port, user: 'postgres', dbname }, port)

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
const refresh = () => refreshPoolers({ control, secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() })
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

const portOf = (url: string): number => Number(new URL(url).port)
const dbnameOf = (url: string): string => new URL(url).pathname.slice(1)

it('a pooler that is gone is told beside a server that answers, and so is its return', async () => {
  await fleet.tenancy.databases.add(ada, { name: 'pooled', ...both })
  const told: string[] = []
  const listening = await fleet.control.listen(eventChannel, (message) => void told.push(message))
  await refresh()
  expect(await rowOf()).toMatchObject({ reachable: true, problem: null, pooler: { problem: null } })
  await pooler.stop()
  await refresh()
  expect(await rowOf()).toMatchObject({ reachable: true, problem: null, pooler: { problem: expect.stringContaining('nothing answers at that port') } })
  const unfit = async () => (await fleet.tenancy.onCall.numbers()).servers.map((each) => each.unfitPoolers).toSorted((one, other) => one - other)
  expect(await unfit()).toEqual([0, 1])
  await fleet.control`update database set reachable = false where name = 'pooled'`
  await fleet.until('the server alone to be told', async () => (await unfit()).every((count) => count === 0))
  await fleet.control`update database set reachable = true where name = 'pooled'`

  pooler = await poolerOf(dbnameOf(both.directUrl), portOf(both.url))
  await refresh()
  expect(await rowOf()).toMatchObject({ pooler: { problem: null } })
  await fleet.until('both to be told', async () => told.filter((message) => message.includes('databases')).length === 2)
  await listening.unlisten()
})

it('what a look has found of one pooler is not said of the next', async () => {
  await fleet.tenancy.databases.add(ada, { name: 'pooled', ...both })
  await pooler.stop()
  let looking = Promise.resolve()
  await fleet.control.begin(async (trx) => {
    await trx`select from database where name = 'pooled' for update`
    looking = refresh()
    const waiting = () =>
      fleet.control`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'update "database"%'`
    await fleet.until('what was found to be on its way', async () => (await waiting()).length === 1)
    await trx`update database set pooler_sealed = pooler_sealed || '\\x00' where name = 'pooled'`
  })
  await looking
  expect(await rowOf()).toMatchObject({ pooler: { problem: null } })
})

it('a pooler that leads elsewhere by now is told, and one that is forgotten stands in the trail', async () => {
  await fleet.tenancy.databases.add(ada, { name: 'pooled', ...both })
  await pooler.stop()
  pooler = await poolerOf((await newDatabase()).dbname, portOf(both.url))
  await refresh()
  expect(await rowOf()).toMatchObject({ reachable: true, pooler: { problem: expect.stringContaining('leads to another server or database') } })
  expect((await fleet.tenancy.databases.changeUrl(ada, { name: 'pooled', url: both.directUrl })).pooler).toBeNull()
  const { rows } = await fleet.tenancy.audit.list({ action: 'databases.changeUrl', limit: 1 })
  expect(rows).toMatchObject([{ details: { poolerBefore: new URL(both.url).host, poolerAfter: null } }])
})

it('a pooler that answers and cannot go on says so in words of its own', async () => {
  const broken = await startRefusing('08P01', 'pgbouncer cannot connect to server')
  try {
    const refused = fleet.tenancy.databases.check(ada, { url: broken.url, directUrl: both.directUrl })
    const { code, details } = await refusalOf(refused)
    expect([code, details.problem]).toEqual(['database.pooler_unreachable', 'it says “cannot connect to server”'])
    expect(details.fields).toMatchObject([{ field: 'url' }])
  } finally {
    await broken.stop()
  }
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
  expect(await refusalOf(commands.check(ada, { url: both.url, directUrl: both.url }))).toMatchObject({
    code: 'database.pooler',
    details: { fields: [{ field: 'url' }] },
  })
  expect(await refusalOf(commands.check(ada, { url: both.directUrl, directUrl: both.url }))).toMatchObject({
    code: 'database.direct_pooled',
    details: { fields: [{ field: 'directUrl' }] },
  })
  expect((await commands.check(ada, { url: both.directUrl, directUrl: both.directUrl })).pooler).toBeNull()
  expect(await refusalOf(commands.check(ada, { url: both.url, directUrl: 'mysql://x' }))).toMatchObject({ code: 'database.direct_url' })
  expect(await refusalOf(commands.check(ada, { url: 'mysql://x', directUrl: both.directUrl }))).toMatchObject({ code: 'database.url' })
  expect(await rowOf()).toBeUndefined()
})
