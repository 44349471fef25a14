import { sql } from 'kysely'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FleetEvent, RunEvent } from '../../../lib/tenancy/contract/events.ts'
import type { Library } from '../../../lib/tenancy/context.ts'
import { createEars, notify } from '../../../lib/tenancy/control/notify.ts'
import { createFleetEvents } from '../../../lib/tenancy/events/fleet-events.ts'
import { createRunEvents, type RunEvents } from '../../../lib/tenancy/events/run-events.ts'
import { useDatabases } from '../../support/template.ts'
import { openLibrary, refusalOf, seedFleet, seedRun } from '../registry/fleet.ts'

const databases = useDatabases()
let library: Library
let events: RunEvents
let run: number
const stops: Array<() => void> = []

beforeEach(async () => {
  library = await openLibrary(databases)
  await seedFleet(library)
  run = await seedRun(
    library,
    'running',
    ['acme', 'beta', 'corp', 'delta', 'echo'].map((slug) => ({ slug, state: 'pending' })),
  )
  events = createRunEvents(library, createEars(library.control))
  return () => library.control.close()
})
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** As a conductor reports: the run's revision and those of its items move in one transaction. */
const report = (state: string, positions: readonly number[], runState = 'running'): Promise<void> =>
  library.control.db.transaction().execute(async (trx) => {
    await sql`update run set revision = revision + 1, state = ${runState} where id = ${run}`.execute(trx)
    await sql`update run_item set state = ${state}, revision = (select revision from run where id = ${run}), finished_at = clock_timestamp()
      where run_id = ${run} and position = any(${[...positions]}::int[])`.execute(trx)
    await notify(trx, { topic: 'run', id: run })
  })

const follow = async (after: number | null): Promise<RunEvent[]> => {
  const heard: RunEvent[] = []
  stops.push(await events.subscribe(run, after, (event) => heard.push(event)))
  return heard
}

const until = async (holds: () => boolean): Promise<void> => {
  for (const end = Date.now() + 30_000; !holds(); await sleep(20)) if (Date.now() > end) throw new Error('it did not happen within 30 s')
}

/** What a reader shows: its map with every change applied. */
const shown = (heard: readonly RunEvent[]): string => {
  let letters: string[] = []
  for (const event of heard) {
    if (event.map !== null) letters = [...event.map]
    for (const [position, letter] of event.changes) letters[position - 1] = letter
  }
  return letters.join('')
}

describe('the events of a run', () => {
  it('begin at once with the whole map, then bring what changed', async () => {
    const heard = await follow(null)
    expect(heard).toMatchObject([{ run, revision: 1, state: 'running', map: 'ppppp', changes: [], rate: null, etaMs: null, counts: { pending: 5, total: 5 } }])
    await report('succeeded', [1, 3])
    await until(() => heard.length > 1)
    expect(heard[1]).toMatchObject({
      revision: 2,
      map: null,
      changes: [
        [1, 's'],
        [3, 's'],
      ],
      counts: { pending: 3, succeeded: 2, total: 5 },
    })
    expect(heard[1]?.rate).toBeGreaterThan(0)
    expect(heard[1]?.etaMs).toBeGreaterThan(0)
  })

  it('go on after the revision that a reader has, and start over when it has none of ours', async () => {
    await report('succeeded', [1])
    await report('failed', [2])
    expect(await follow(2)).toMatchObject([{ revision: 3, map: null, changes: [[2, 'f']] }])
    expect(await follow(3)).toMatchObject([{ revision: 3, map: null, changes: [] }])
    expect(await follow(99)).toMatchObject([{ revision: 3, map: 'sfppp' }])
  })

  it('come at most five times a second, are read once for all readers, and end with the truth', async () => {
    const readers = await Promise.all(Array.from({ length: 20 }, () => follow(null)))
    const began = Date.now()
    for (let turn = 0; turn < 60; turn += 1) {
      await report(turn % 2 === 0 ? 'running' : 'succeeded', [(turn % 5) + 1])
      await sleep(20)
    }
    await report('succeeded', [1, 2, 3, 4, 5], 'succeeded')
    await until(() => readers.every((heard) => heard.at(-1)?.state === 'succeeded'))
    const most = Math.ceil((Date.now() - began) / 200) + 2
    for (const heard of readers) {
      expect(heard.length).toBeLessThanOrEqual(most)
      expect(shown(heard)).toBe('sssss')
      expect(heard.at(-1)).toMatchObject({ revision: 62, counts: { succeeded: 5, total: 5 }, etaMs: null })
    }
    const { rows } = await sql<{ listening: number }>`
      select count(*)::int as listening from pg_stat_activity where datname = current_database() and query ilike 'listen%'`.execute(library.control.db)
    expect(rows[0]?.listening).toBe(1)
  })

  it('are heard again after the listening connection was lost', async () => {
    const heard = await follow(null)
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen%'`.execute(library.control.db)
    await report('succeeded', [1])
    await until(() => shown(heard) === 'spppp')
    await sleep(300)
    await report('failed', [2])
    await until(() => shown(heard) === 'sfppp')
    expect(heard.at(-1)).toMatchObject({ revision: 3 })
  })

  it('stop when nobody listens, and start anew', async () => {
    const heard = await follow(null)
    for (const stop of stops.splice(0)) {
      stop()
      stop()
    }
    await report('succeeded', [1])
    await sleep(400)
    expect(heard).toHaveLength(1)
    expect(await follow(null)).toMatchObject([{ map: 'spppp' }])
  })

  it('of a run that is not there are refused', async () => {
    expect(await refusalOf(events.subscribe(999, null, () => {}))).toMatchObject({ code: 'run.unknown', details: { run: 999 } })
  })
})

describe('the events of the fleet', () => {
  it('begin with the open runs and then say what to read again', async () => {
    const heard: FleetEvent[] = []
    const fleet = createFleetEvents(library, createEars(library.control))
    stops.push(await fleet.subscribe((event) => heard.push(event)))
    expect(heard).toMatchObject([{ changed: [], activeRuns: [{ id: run, counts: { pending: 5 } }] }])
    await library.control.db.transaction().execute(async (trx) => {
      await notify(trx, { topic: 'tenants' })
      await notify(trx, { topic: 'observations' })
    })
    await until(() => heard.length > 1)
    expect([...(heard[1]?.changed ?? [])].toSorted()).toEqual(['observations', 'tenants'])
    await report('succeeded', [1, 2, 3, 4, 5], 'succeeded')
    await until(() => heard.at(-1)?.activeRuns.length === 0)
    const revisions = heard.map(({ revision }) => revision)
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b))
  })
})
