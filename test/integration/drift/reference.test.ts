/** References: made by a replay that leaves nothing behind, also where it fails or is killed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KyselyPlugin } from 'kysely'
import { openControl, type Control } from '../../../lib/tenancy/control/db.ts'
import { silentLogger, silentMeters, type Library } from '../../../lib/tenancy/context.ts'
import { ensureReferences, setMigrations, type ReferencePlace, type WantedVersion } from '../../../lib/tenancy/drift/reference.ts'
import { replay } from '../../../lib/tenancy/drift/replay.ts'
import { emptyDigest } from '../../../lib/tenancy/migrations/digest.ts'
import { connectFleet, type FleetConnection } from '../../../lib/tenancy/session/fleet-connection.ts'
import { readPlaceFacts } from '../../../lib/tenancy/session/place-facts.ts'
import { firstFiles, makeFleet, type Fleet } from '../../support/fleet.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let fleet: Fleet
let control: Control
let library: Library
let connection: FleetConnection
let place: ReferencePlace

beforeAll(async () => {
  fleet = await makeFleet(databases)
  control = openControl(fleet.controlUrl)
  library = { control, secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() }
  connection = await connectFleet(fleet.urls[0] ?? '', { applicationName: 'tenantry:test' })
  const [database] = await fleet.control<Array<{ id: string }>>`select id from database`
  place = { databaseId: Number(database?.id), installation: `t${process.pid}`, ...(await readPlaceFacts(connection)) }
})
afterAll(async () => {
  await connection.close()
  await control.close()
  await fleet.close()
})

const versionsOf = async (set: string): Promise<WantedVersion[]> => {
  const rows = await fleet.control<Array<{ set_id: string; digest: string }>>`
    select m.set_id, m.prefix_digest as digest from migration m join migration_set s on s.id = m.set_id where s.name = ${set} order by m.position`
  return rows.map(({ set_id: setId, digest }) => ({ setId: Number(setId), digest }))
}
const ensure = async (wanted: readonly WantedVersion[], isAsked = false) => {
  const now = { ...place, ...(await readPlaceFacts(connection)) }
  return ensureReferences(library, () => Promise.resolve(connection), now, wanted, isAsked)
}

type Kept = { digest: string; tables: string[] | null; problem: Record<string, unknown> | null; made_at: Date }
const keptOf = (set: string): Promise<readonly Kept[]> => fleet.control<Kept[]>`
  select r.digest, r.problem, r.made_at, (select array_agg(o ->> 'name' order by o ->> 'name') from jsonb_array_elements(s.objects) o where o ->> 'kind' = 'table') as tables
  from reference r join migration_set m on m.id = r.set_id left join structure s on s.id = r.structure_id left join migration g on g.set_id = r.set_id and g.prefix_digest = r.digest
  where m.name = ${set} order by g.position nulls first`

/** Schemas and roles of replays, anywhere on the server. */
const leftOvers = async (): Promise<number> => {
  const [row] = await fleet.sql<Array<{ count: number }>>`
    select ((select count(*) from pg_namespace where nspname like ${`tenantry_reference_${place.installation}%`})
      + (select count(*) from pg_roles where rolname like ${`tenantry_reference_${place.installation}%`}))::int as count`
  return row?.count ?? -1
}

describe('a reference', () => {
  it('is what the first migrations make, for each version, and made once', async () => {
    const [first, second] = await versionsOf('app')
    if (!first || !second) throw new Error('no versions')
    await ensure([{ ...first, digest: emptyDigest }, first, second])
    const kept = await keptOf('app')
    expect(kept.map(({ tables }) => tables)).toEqual([null, ['customer'], ['customer', 'orders']])
    expect(kept.every(({ problem }) => problem === null)).toBe(true)
    await ensure([first, second], true)
    expect((await keptOf('app')).map(({ made_at: at }) => at)).toEqual(kept.map(({ made_at: at }) => at))
    expect(await leftOvers()).toBe(0)
  })

  it('of a set that cannot be replayed is the place of the error; it is tried again when asked, and hinders no other', async () => {
    await fleet.sync(
      {
        '0001_init.sql': 'create table a (id int);\n',
        '0002_asks.sql': `select 1;\n\ndo $$ begin if current_setting('own.is_there', true) is distinct from 'yes' then raise exception 'it is not there yet'; end if; end $$;\n`,
      },
      'odd',
    )
    const [first, second] = await versionsOf('odd')
    if (!first || !second) throw new Error('no versions')
    await ensure([second, first])
    const [good, bad] = await keptOf('odd')
    expect([good?.tables, bad?.tables]).toEqual([['a'], null])
    expect(bad?.problem).toMatchObject({ code: 'P0001', message: 'it is not there yet', file: '0002_asks.sql', line: 3, version: '0002' })
    await connection.query(`set own.is_there = 'yes'`)
    await ensure([first, second])
    expect((await keptOf('odd'))[1]?.problem).not.toBeNull()
    await ensure([first, second], true)
    expect((await keptOf('odd'))[1]).toMatchObject({ tables: ['a'], problem: null })
    expect(await leftOvers()).toBe(0)
  })

  it('costs the set’s statements once a look, and nothing for a history that is not the set’s', async () => {
    await fleet.sync({ '0001_init.sql': 'create table a (id int);\n', '0002_more.sql': 'create table b (id int);\n' }, 'read')
    let reads = 0
    const counting: KyselyPlugin = {
      transformQuery: ({ node }) => {
        if (JSON.stringify(node).includes('migration_content')) reads += 1
        return node
      },
      transformResult: ({ result }) => Promise.resolve(result),
    }
    const counted = { ...library, control: { ...control, db: control.db.withPlugin(counting) } }
    const [first, second] = await versionsOf('read')
    if (!first || !second) throw new Error('no versions')
    const foreign = ['one', 'two', 'three'].map((digest) => ({ ...first, digest }))
    await ensureReferences(counted, () => Promise.resolve(connection), place, foreign, false)
    expect(reads).toBe(0)
    await ensureReferences(counted, () => Promise.resolve(connection), place, [...foreign, first, second], false)
    expect([reads, (await keptOf('read')).map(({ tables }) => tables)]).toEqual([1, [['a'], ['a', 'b']]])
  })

  it('is made anew when an extension that it lives on is elsewhere, or another version, by now', async () => {
    await fleet.sql.unsafe('create schema words; create schema texts; create extension citext schema words')
    await fleet.sync({ '0001_init.sql': 'create table a (name citext);\n' }, 'lives')
    const [version] = await versionsOf('lives')
    if (!version) throw new Error('no version')
    const typeOf = async () => {
      const rows = await fleet.control<Array<{ type: string }>>`
        select o -> 'facts' -> 'structure' ->> 'type' as type from reference r join structure s on s.id = r.structure_id cross join jsonb_array_elements(s.objects) o
        where r.digest = ${version.digest} and o ->> 'kind' = 'column'`
      return rows.map(({ type }) => type)
    }
    await ensure([version])
    expect(await typeOf()).toEqual(['words.citext'])
    await fleet.sql.unsafe('alter extension citext set schema texts')
    await ensure([version])
    expect(await typeOf()).toEqual(['texts.citext'])
  })

  it('leaves nothing on the server when its backend is ended in the middle', async () => {
    await fleet.sync({ ...firstFiles, '0003_slow.sql': 'select pg_sleep(60);\n' }, 'slow')
    const victim = await connectFleet(fleet.urls[0] ?? '', { applicationName: 'tenantry:test-victim' })
    const [version] = (await versionsOf('slow')).slice(-1)
    if (!version) throw new Error('no version')
    const migrations = await setMigrations(control.db, version.setId)
    const replaying = replay(victim, { migrations, at: [3], applicationName: 'tenantry:test-replay', isTenant: true, ...place })
    await fleet.until('the replay to sleep', async () => {
      const rows = await fleet.sql`select 1 from pg_stat_activity where pid = ${victim.pid} and wait_event = 'PgSleep'`
      return rows.length > 0
    })
    await fleet.sql`select pg_terminate_backend(${victim.pid})`
    const { structures, problem } = await replaying
    expect([structures.size, problem !== null]).toEqual([0, true])
    await victim.close()
    await fleet.until('the end of the backend', async () => (await fleet.sql`select 1 from pg_stat_activity where pid = ${victim.pid}`).length === 0)
    expect(await leftOvers()).toBe(0)
  })
})
