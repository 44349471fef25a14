/** Items of finished runs, tried again after their target became another tenant's. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { readWork } from '../../../lib/tenancy/runs/conduct/adopt.ts'
import { ada, makeFleet, refusalOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let fleet: Fleet
const mark = `i${process.pid}`

beforeAll(async () => {
  fleet = await makeFleet(databases)
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

/** A target on which the first tenant failed and that the second one has got. */
const handOver = async (name: string): Promise<{ first: number; slug: string; heir: string; schema: string }> => {
  const [slug, heir, schema] = [`${mark}-${name}`, `${mark}-${name}-heir`, `${mark}_${name}`]
  const worker = await fleet.work()
  await fleet.sql.unsafe(`create schema "${schema}"`)
  const first = await fleet.onboard([{ slug, schema }])
  expect((await fleet.ended(first)).state).toBe('failed')
  await fleet.sql.unsafe(`drop schema "${schema}"`)
  expect((await fleet.ended(await fleet.onboard([{ slug, schema: `${schema}_two` }]))).state).toBe('succeeded')
  expect((await fleet.ended(await fleet.onboard([{ slug: heir, schema }]))).state).toBe('succeeded')
  await worker.stop()
  return { first, slug, heir, schema }
}

it('are not run again on what is another tenant’s now', async () => {
  const { first, slug } = await handOver('again')
  expect(await refusalOf(fleet.tenancy.runs.rerun(ada, { run: first, note: '' }))).toMatchObject({ code: 'run.put_right' })
  await fleet.control`update run set state = 'paused', finished_at = null where id = ${first}`
  expect(await refusalOf(fleet.tenancy.runs.retry(ada, { run: first, slugs: [slug] }))).toMatchObject({ code: 'run.no_items' })
  await fleet.control`update run set state = 'failed', finished_at = now() where id = ${first}`
})

it('count what was committed as theirs only where nobody was told of its end', async () => {
  const [slug, schema] = [`${mark}-told`, `${mark}_told`]
  await fleet.sql.unsafe(`create schema "${schema}"`)
  const worker = await fleet.work()
  const failed = await fleet.onboard([{ slug, schema }])
  await fleet.ended(failed)
  await worker.stop()
  const { run: again } = await fleet.tenancy.runs.rerun(ada, { run: failed, note: '' })
  const { db, close } = openControl(fleet.controlUrl, { max: 2 })
  const ownRuns = async () => {
    const [row] = await fleet.control<Array<{ server: number }>>`select server_id::int as server from run_item where run_id = ${again}`
    const lease = { serverId: row?.server ?? 0, epoch: 1, installation: 'x' }
    const run = {
      id: again,
      kind: 'onboard' as const,
      migrations: [],
      seedSql: null,
      repair: null,
      question: null,
      maxConcurrent: null,
      state: 'running' as const,
      revision: 0,
      isDoubted: false,
      weight: 'unknown' as const,
      failuresLeft: null,
    }
    return (await readWork(db, lease, run, new Set(), () => false)).flatMap((work) => work.ownRuns)
  }
  try {
    expect(await ownRuns()).toEqual([again])
    await fleet.control`update attempt set state = 'interrupted' where run_id = ${failed}`
    expect((await ownRuns()).toSorted((a, b) => a - b)).toEqual([failed, again])
    await fleet.control`update run_item set tenant_id = (select id from tenant where slug <> ${slug} limit 1) where run_id = ${failed}`
    expect(await ownRuns()).toEqual([again])
  } finally {
    await close()
    await fleet.tenancy.runs.cancel(ada, { run: again })
  }
})
