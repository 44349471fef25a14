/** What a set may become while runs hold it and targets have it. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ada, firstFiles, makeFleet, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { insertRun, type NewRun } from '../../../lib/tenancy/runs/freeze.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let fleet: Fleet
const mark = `s${process.pid}`
let number = 0
const newSet = (): string => `set${(number += 1)}`

beforeAll(async () => {
  fleet = await makeFleet(databases)
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const more = 'alter table orders add column note text;\n'
const sync = (set: string) => fleet.tenancy.sets.sync(ada, { name: set })
const stored = async (set: string) =>
  fleet.control<
    Array<{ version: string; checksum: string }>
  >`select m.version, m.checksum from migration m join migration_set s on s.id = m.set_id where s.name = ${set} order by position`

describe('while a run is open, the set', () => {
  it('keeps the contents that the run froze, also where no target has them yet', async () => {
    const set = newSet()
    await fleet.sync(firstFiles, set)
    const run = await fleet.onboard([`${mark}-open`], { set })
    const before = await stored(set)
    const file = join(fleet.folder, set, '0002_orders.sql')
    writeFileSync(file, `${firstFiles['0002_orders.sql']}\n${more}`)
    expect(await refusalOf(sync(set))).toMatchObject({ code: 'set.edited', details: { version: '0002', run } })
    rmSync(file)
    expect(await refusalOf(sync(set))).toMatchObject({ code: 'set.missing_file', details: { version: '0002', run } })
    writeFileSync(file, firstFiles['0002_orders.sql'] ?? '')
    writeFileSync(join(fleet.folder, set, '0001a_between.sql'), 'select 1;\n')
    expect(await refusalOf(sync(set))).toMatchObject({
      code: 'set.inserted_below',
      details: { version: '0001a', file: '0001a_between.sql', applied: '0002', run },
    })
    rmSync(join(fleet.folder, set, '0001a_between.sql'))
    expect(await stored(set)).toEqual(before)
    writeFileSync(join(fleet.folder, set, '0003_more.sql'), more)
    expect((await sync(set)).added).toEqual(['0003'])
    await fleet.tenancy.runs.cancel(ada, { run })
    await fleet.until('the run to be cancelled', async () => (await fleet.stateOf(run)) === 'cancelled')
    writeFileSync(file, `${firstFiles['0002_orders.sql']}\n-- better\n`)
    expect((await sync(set)).changed).toEqual(['0002'])
  })
})

describe('a run', () => {
  it('is not begun with contents that the set has not got any more', async () => {
    const set = newSet()
    await fleet.sync(firstFiles, set)
    const [row] = await fleet.control<Array<{ id: number }>>`select id::int as id from migration_set where name = ${set}`
    const frozen = (await stored(set)).map((one, index) => ({ ...one, name: 'x', file: 'x', transactional: true, prefixDigest: 'x', position: index + 1 }))
    const { db, close } = openControl(fleet.controlUrl, { max: 2 })
    const begin = (migrations: NewRun['migrations']) =>
      db.transaction().execute((trx) =>
        insertRun(trx, {
          kind: 'migrate',
          setId: row?.id ?? 0,
          migrations,
          digest: 'd',
          parentRun: null,
          note: '',
          startedBy: 'ada',
          maxConcurrent: null,
          failureTolerance: null,
          items: [],
        }),
      )
    try {
      await fleet.sync({ '0002_orders.sql': `${firstFiles['0002_orders.sql']}\n${more}` }, set)
      expect(await refusalOf(begin(frozen))).toMatchObject({ code: 'run.plan_changed' })
      expect(await refusalOf(begin(frozen.slice(0, 1)))).toMatchObject({ code: 'none' })
    } finally {
      await close()
    }
  })
})

describe('a new migration', () => {
  it('below a version that was applied anywhere is refused, above it is taken', async () => {
    const set = newSet()
    const worker = await fleet.work()
    await fleet.sync({ ...firstFiles, '0004_more.sql': more }, set)
    const slug = `${mark}-below`
    await fleet.ended(await fleet.onboard([slug], { set, to: '0002' }))
    await worker.stop()
    fleet.write({ '0001a_between.sql': 'select 1;\n' }, set)
    const refusal = await refusalOf(sync(set))
    expect(refusal).toMatchObject({ code: 'set.inserted_below', details: { version: '0001a', file: '0001a_between.sql', applied: '0002', count: 1 } })
    fleet.remove('0001a_between.sql', set)
    fleet.write({ '0003_between.sql': 'select 1;\n' }, set)
    expect((await sync(set)).added).toEqual(['0003'])
    expect(await fleet.versionsOf(slug)).toEqual(['0001', '0002'])
    expect(schemaOf(slug)).toContain(mark)
  })
})
