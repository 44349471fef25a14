/** Tenants that were reserved and never built: let go of, with their slugs, when nothing of them is anywhere. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, slugsOf, type Fleet } from '../../support/fleet.ts'
import { openGate, waitAt } from '../../support/gate.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('d')
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases, { urls: [await databases.empty(), await databases.empty()] })
  await fleet.work()
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const discard = (slug: string, reason = '') => fleet.tenancy.tenants.discard(ada, { slug, reason })

/** A tenant whose onboarding failed, because its schema is there already. */
const failOne = async (name: string): Promise<{ slug: string; run: number }> => {
  const slug = newSlug(name)
  await fleet.sql.unsafe(`create schema "${schemaOf(slug)}"`)
  const run = await fleet.onboard([slug])
  expect((await fleet.ended(run)).state).toBe('failed')
  return { slug, run }
}

describe('a tenant that was never built', () => {
  it('is discarded; its slug is free, and what its runs tell of it stays', async () => {
    const { slug, run } = await failOne('gone')
    await discard(slug, 'mistyped')
    expect(await refusalOf(fleet.tenancy.tenants.get(slug))).toMatchObject({ code: 'tenant.unknown' })
    expect(await fleet.tenancy.tenants.checkSlug(slug)).toEqual({ available: true, problem: null })
    const { rows } = await fleet.tenancy.audit.list({ subjectKind: 'tenant', subjectExact: slug, action: 'tenants.discard', limit: 10 })
    expect(rows).toMatchObject([{ actor: ada.label, details: { reason: 'mistyped', placements: [{ set: 'app', database: 'db1', schema: schemaOf(slug) }] } }])

    const page = await fleet.tenancy.runs.items({ run, sort: 'slug', descending: false, offset: 0, limit: 10, q: slug })
    expect(page).toMatchObject({ total: 1, rows: [{ slug, database: 'db1', schema: schemaOf(slug), state: 'failed' }] })
    expect((await fleet.tenancy.runs.items({ run, slug, sort: 'position', descending: false, offset: 0, limit: 10 })).total).toBe(1)
    expect((await fleet.tenancy.runs.map(run)).slugs).toEqual([slug])
    expect(await fleet.tenancy.runs.attempts(run, slug)).toMatchObject([{ state: 'failed', error: { code: 'schema_exists' } }])
    expect(await fleet.tenancy.runs.failures(run)).toMatchObject([{ count: 1, tenants: [slug] }])
    expect(await refusalOf(fleet.tenancy.runs.rerun(ada, { run, note: '' }))).toMatchObject({ code: 'run.no_items' })
  })

  it('leaves its slug and its schema to whoever is onboarded next', async () => {
    const { slug, run } = await failOne('heir')
    await discard(slug)
    await fleet.sql.unsafe(`drop schema "${schemaOf(slug)}"`)
    expect((await fleet.ended(await fleet.onboard([{ slug, name: 'The next one' }]))).state).toBe('succeeded')
    expect(await fleet.tenancy.tenants.get(slug)).toMatchObject({ name: 'The next one', state: 'active', runs: [{ state: 'succeeded' }] })
    expect(await refusalOf(fleet.tenancy.runs.rerun(ada, { run, note: '' }))).toMatchObject({ code: 'run.no_items' })
    expect(await refusalOf(discard(slug))).toMatchObject({ code: 'tenant.state_conflict' })
  })

  it('because its onboarding was cancelled is discarded too', async () => {
    const slugs = slugsOf(6, newSlug('cancelled'))
    await fleet.sync({ '0001_slow.sql': `create table a (id int); ${waitAt('cancelled')}` }, 'slow')
    const run = await fleet.onboard(slugs, { set: 'slow' })
    await fleet.tenancy.runs.cancel(ada, { run })
    await openGate(fleet.sql, 'cancelled')
    await fleet.ended(run)
    const [slug = ''] = (await fleet.itemsOf(run)).cancelled ?? []
    await discard(slug)
    expect((await fleet.tenancy.runs.map(run)).slugs.toSorted()).toEqual(slugs)
  })

  it('is discarded once, however often it is asked for at the same instant', async () => {
    const { slug } = await failOne('twice')
    const outcomes = await Promise.all([1, 2, 3].map(() => refusalOf(discard(slug))))
    expect(outcomes.map(({ code }) => code).toSorted()).toEqual(['none', 'tenant.unknown', 'tenant.unknown'])
  })
})

describe('discarding is refused', () => {
  it('for a tenant that was ever active', async () => {
    const slug = newSlug('active')
    await fleet.ended(await fleet.onboard([slug]))
    expect(await refusalOf(discard(slug))).toMatchObject({ code: 'tenant.state_conflict', details: { state: 'active', needs: 'provisioning' } })
    await fleet.tenancy.tenants.suspend(ada, { selection: { kind: 'tenants', slugs: [slug] }, reason: '' })
    expect(await refusalOf(discard(slug))).toMatchObject({ code: 'tenant.state_conflict', details: { state: 'suspended' } })
    expect(await refusalOf(discard(newSlug('nobody')))).toMatchObject({ code: 'tenant.unknown' })
  })

  it('while an open run holds it, also one whose item has failed', async () => {
    const { slug, run } = await failOne('held')
    await fleet.control`update run set state = 'paused', finished_at = null where id = ${run}`
    expect(await refusalOf(discard(slug))).toMatchObject({ code: 'run.targets_busy', details: { run, state: 'paused' } })
    await fleet.tenancy.runs.cancel(ada, { run })
    await discard(slug)
  })

  it('while its schema with a history is in the database, which says what to do', async () => {
    const { slug } = await failOne('built')
    await fleet.sql.unsafe(
      `create table "${schemaOf(slug)}".tenantry_history (version text, checksum text, run bigint, finished_at timestamptz, statements_done int)`,
    )
    const refusal = await refusalOf(discard(slug))
    expect(refusal).toMatchObject({ code: 'tenant.not_empty', details: { slug, schema: schemaOf(slug), database: 'db1' } })
    expect((await fleet.tenancy.tenants.get(slug)).state).toBe('provisioning')
    await fleet.sql.unsafe(`drop table "${schemaOf(slug)}".tenantry_history`)
    await discard(slug)
  })

  it('while its database cannot be asked', async () => {
    const slug = newSlug('unreachable')
    await fleet.open(1).unsafe(`create schema "${schemaOf(slug)}"`)
    expect((await fleet.ended(await fleet.onboard([{ slug, database: 'db2' }]))).state).toBe('failed')
    const name = new URL(fleet.urls[1] ?? '').pathname.slice(1)
    await fleet.sql.unsafe(`alter database "${name}" allow_connections false`)
    expect(await refusalOf(discard(slug))).toMatchObject({ code: 'database.unreachable' })
    await fleet.sql.unsafe(`alter database "${name}" allow_connections true`)
    await discard(slug)
  })
})
