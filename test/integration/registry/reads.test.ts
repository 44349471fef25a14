import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runItemsInput, runListInput } from '../../../lib/tenancy/contract/commands.ts'
import type { Library } from '../../../lib/tenancy/context.ts'
import { fleetMap } from '../../../lib/tenancy/fleet/map.ts'
import { fleetOverview } from '../../../lib/tenancy/fleet/overview.ts'
import { getSet, listSets } from '../../../lib/tenancy/migrations/set-reads.ts'
import { listFailures } from '../../../lib/tenancy/runs/failures.ts'
import { getRun, getRunMap, listAttempts, listRunItems } from '../../../lib/tenancy/runs/reads.ts'
import { listRuns } from '../../../lib/tenancy/runs/summaries.ts'
import { useDatabases } from '../../support/template.ts'
import { openLibrary, refusalOf, seedFleet, seedRun } from './fleet.ts'

const databases = useDatabases()
let library: Library
afterAll(() => library.control.close())

const violated = (table: string): string => `check constraint "c" of relation "${table}" is violated by some row`
let finished: number
let open: number

beforeAll(async () => {
  library = await openLibrary(databases)
  await seedFleet(library)
  await seedDrift()
  finished = await seedRun(library, 'failed', [
    { slug: 'acme', state: 'succeeded' },
    { slug: 'corp', state: 'failed', cause: 'a', message: violated('t1') },
    { slug: 'delta', state: 'failed', cause: 'b', message: 'division by zero' },
    { slug: 'echo', state: 'failed', cause: 'a', message: violated('t2') },
    { slug: 'beta', state: 'skipped' },
  ])
  open = await seedRun(library, 'paused', [
    { slug: 'echo', state: 'succeeded' },
    { slug: 'far', state: 'pending' },
  ])
  await sql`update run set parent_run_id = ${finished}, stop_reason = 'failure_tolerance' where id = ${open}`.execute(library.control.db)
  await sql`insert into attempt (run_id, position, number, state, started_at, finished_at, versions_applied, worker, backend_pid, error)
    values (${finished}, 2, 1, 'interrupted', now() - interval '9 seconds', now() - interval '8 seconds', '{}', 'w1', 77, '{"code": "connection_lost"}'),
      (${finished}, 2, 2, 'failed', now() - interval '3 seconds', now() - interval '2.5 seconds', '{0003}', 'w2', 78, '{"code": "23514"}')`.execute(
    library.control.db,
  )
})

/** Acme and delta drifted alike, beta is accepted, and corp was migrated since somebody looked. */
const seedDrift = async (): Promise<void> => {
  const { db } = library.control
  await sql`insert into structure (fingerprint, facets, objects) values ('s1', '{}', '[]'), ('s2', '{}', '[]')`.execute(db)
  await sql`insert into seen_structure (set_id, database_id, server_major, digest, version, structure_id, shape, letter, state, severity) values
    (1, 1, 15, 'p4', '0004', 1, 'aaaaaaaaaaaa', 'B', 'drifted', 'slows'), (1, 2, 15, 'p4', '0004', 1, 'aaaaaaaaaaaa', 'B', 'drifted', 'slows'),
    (1, 1, 15, 'p4', '0004', 2, 'bbbbbbbbbbbb', 'C', 'accepted', 'harmless'), (1, 1, 15, 'p1', '0001', 1, 'cccccccccccc', 'B', 'drifted', 'breaks')`.execute(db)
  await sql`update observation o set seen_id = x.id, structure_at = now() from target ta, (values ('acme', 1), ('delta', 2), ('beta', 3), ('corp', 4)) x (slug, id)
    where ta.id = o.target_id and ta.schema_name = 'tenant_' || x.slug`.execute(db)
}

describe('the fleet at a glance', () => {
  it('counts targets by version state, and says what needs somebody', async () => {
    const overview = await fleetOverview(library)
    expect(overview).toMatchObject({
      tenants: 9,
      targets: 8,
      states: { at_head: 3, behind: 2, ahead: 1, diverged: 1, unreachable: 0, unobserved: 1 },
      // Corp and delta; echo succeeded since.
      failed: 2,
      workers: 0,
      activeRuns: [{ id: open, counts: { succeeded: 1, pending: 1, total: 2 } }],
      recentRuns: [{ id: finished }],
    })
    expect(overview.sets).toEqual([
      {
        set: 'app',
        head: '0004',
        versions: [
          { version: null, state: 'unobserved', count: 1 },
          { version: '0002', state: 'behind', count: 1 },
          { version: '0003', state: 'behind', count: 1 },
          { version: '0004', state: 'at_head', count: 3 },
          { version: '0004', state: 'diverged', count: 1 },
          { version: '0009', state: 'ahead', count: 1 },
        ],
      },
    ])
    expect(overview.attention.map(({ kind, count }) => [kind, count])).toEqual([
      ['failed', 2],
      ['paused_run', 1],
      ['half_done', 1],
      ['diverged', 1],
      ['drifted', 2],
      ['provisioning', 1],
    ])
    expect(overview.attention.find(({ kind }) => kind === 'drifted')).toMatchObject({ text: '2 tenants drifted in 1 shape', href: '/drift' })
    expect(overview.attention[0]?.text).toBe('2 tenants failed in the last run')
    expect(overview.attention[1]).toMatchObject({ href: `/runs/${open}`, text: `Run ${open} is paused: more targets failed than it may leave behind` })
  })

  it('is drawn as a map by database, sorted by slug', async () => {
    expect(await fleetMap(library)).toEqual({
      groups: [
        {
          database: 'app',
          set: 'app',
          slugs: ['acme', 'beta', 'corp', 'far', 'gone', 'helm'],
          versions: ['0004', '0004', '0002', '0009', '0004', null],
          letters: 'hhbadn',
          drift: '!~????',
        },
        { database: 'eu-1', set: 'app', slugs: ['delta', 'echo'], versions: ['0004', '0003'], letters: 'hb', drift: '!?' },
      ],
    })
  })

  it('of an empty installation is empty', async () => {
    const empty = await openLibrary(databases)
    try {
      expect(await fleetOverview(empty)).toMatchObject({
        tenants: 0,
        targets: 0,
        failed: 0,
        observedAt: null,
        sets: [],
        attention: [],
        activeRuns: [],
        recentRuns: [],
      })
      expect(await fleetMap(empty)).toEqual({ groups: [] })
      expect(await listSets(empty)).toEqual([])
      expect(await listRuns(empty, runListInput.parse({}))).toEqual({ rows: [], next: null })
    } finally {
      await empty.control.close()
    }
  })
})

describe('sets', () => {
  it('show how many targets hold each migration', async () => {
    const set = await getSet(library, 'app')
    expect(set).toMatchObject({ name: 'app', directory: '/sets/app', defaultDatabase: 'app', head: '0004', migrations: 4, targets: 8, atHead: 3 })
    // acme, beta, delta hold all; far is taken to hold what is below its version, gone its newest and below.
    expect(set.list.map(({ version, applied }) => [version, applied])).toEqual([
      ['0001', 7],
      ['0002', 7],
      ['0003', 6],
      ['0004', 5],
    ])
    expect(set.list[2]).toMatchObject({ name: 'step 3', file: '0003_step.sql', transactional: false, sql: 'select 3', findings: [] })
    expect((await listSets(library)).map(({ name }) => name)).toEqual(['app'])
  })

  it('that are not there are refused', async () => {
    expect(await refusalOf(getSet(library, 'nope'))).toMatchObject({ code: 'set.unknown', details: { set: 'nope' } })
  })
})

describe('runs', () => {
  it('are listed newest first, in pages', async () => {
    const first = await listRuns(library, runListInput.parse({ limit: 1 }))
    expect(first).toMatchObject({ rows: [{ id: open, state: 'paused', parentRun: finished, set: 'app', stopReason: 'failure_tolerance' }], next: open })
    const second = await listRuns(library, runListInput.parse({ limit: 1, before: first.next }))
    expect(second).toMatchObject({ rows: [{ id: finished, counts: { succeeded: 1, failed: 3, skipped: 1, pending: 0, total: 5 } }], next: null })
    expect((await listRuns(library, runListInput.parse({ state: ['failed'] }))).rows.map(({ id }) => id)).toEqual([finished])
    expect((await listRuns(library, runListInput.parse({ set: 'other' }))).rows).toEqual([])
  })

  it('are shown with their plan, servers and children', async () => {
    expect(await getRun(library, finished)).toMatchObject({
      id: finished,
      startedBy: 'ada@example.com',
      toVersion: '0004',
      migrations: [{ version: '0004', name: 'step 4', checksum: 'c4', transactional: true }],
      attempts: 5,
      retried: 0,
      childRuns: [open],
      servers: [
        { server: 'one:5432', budget: 8, conductor: null, waitingFor: null },
        { server: 'two:5432', budget: 12, conductor: null, waitingFor: null },
      ],
      repair: null,
      verified: null,
      differing: [],
      differentShapes: [],
    })
    expect(await getRunMap(library, finished)).toEqual({ revision: 1, letters: 'sfffk', slugs: ['acme', 'corp', 'delta', 'echo', 'beta'] })
  })

  it('group their failures by cause, the largest group first', async () => {
    const groups = await listFailures(library, finished)
    expect(groups.map(({ cause, count, message, tenants }) => ({ cause, count, message, tenants }))).toEqual([
      { cause: 'a', count: 2, message: 'check constraint "…" of relation "…" is violated by some row', tenants: ['corp', 'echo'] },
      { cause: 'b', count: 1, message: 'division by zero', tenants: ['delta'] },
    ])
    expect(groups[0]?.example).toMatchObject({ code: '23514', message: violated('t1') })
    expect(await listFailures(library, open)).toEqual([])
  })

  it('list their items by state, cause and search', async () => {
    const items = (input: object) => listRunItems(library, runItemsInput.parse({ run: finished, ...input }))
    expect(await items({})).toMatchObject({
      total: 5,
      rows: [{ position: 1, slug: 'acme', database: 'app', schema: 'tenant_acme', state: 'succeeded' }, {}, {}, {}, {}],
    })
    expect((await items({ state: ['failed'], sort: 'durationMs', descending: true })).rows.map(({ slug }) => slug)).toEqual(['echo', 'delta', 'corp'])
    expect((await items({ cause: 'b' })).rows).toMatchObject([{ slug: 'delta', error: { code: '23514', message: 'division by zero' } }])
    expect((await items({ q: 'ACM' })).rows.map(({ slug }) => slug)).toEqual(['acme'])
    expect(await items({ offset: 10 })).toEqual({ rows: [], total: 5, offset: 10 })
  })

  it('keep every attempt', async () => {
    expect(await listAttempts(library, finished, 'corp')).toMatchObject([
      { number: 1, state: 'interrupted', durationMs: 1000, versionsApplied: [], worker: 'w1', backendPid: 77, error: { code: 'connection_lost' } },
      { number: 2, state: 'failed', durationMs: 500, versionsApplied: ['0003'], worker: 'w2', error: { code: '23514' } },
    ])
    expect(await listAttempts(library, finished, 'acme')).toEqual([])
  })

  it('that are not there are refused by every read', async () => {
    const reads = [
      () => getRun(library, 999),
      () => getRunMap(library, 999),
      () => listFailures(library, 999),
      () => listAttempts(library, 999, 'acme'),
      () => listRunItems(library, runItemsInput.parse({ run: 999 })),
    ]
    for (const read of reads) expect(await refusalOf(read())).toMatchObject({ code: 'run.unknown', details: { run: 999 } })
    expect(await refusalOf(listAttempts(library, finished, 'far'))).toMatchObject({ code: 'tenant.unknown' })
  })
})
