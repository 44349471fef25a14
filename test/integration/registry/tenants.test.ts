import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listTenantsInput } from '../../../lib/tenancy/contract/commands.ts'
import type { z } from 'zod'
import type { Library } from '../../../lib/tenancy/context.ts'
import { getTenant } from '../../../lib/tenancy/registry/tenant-detail.ts'
import { tenantFacets } from '../../../lib/tenancy/registry/tenant-facets.ts'
import { listTenants } from '../../../lib/tenancy/registry/tenant-list.ts'
import { checkSlug } from '../../../lib/tenancy/registry/taken-slugs.ts'
import { searchTenants } from '../../../lib/tenancy/registry/tenant-search.ts'
import { resolveSelection } from '../../../lib/tenancy/registry/selection.ts'
import { useDatabases } from '../../support/template.ts'
import { openLibrary, refusalOf, seedFleet, seedRun } from './fleet.ts'

const databases = useDatabases()
let library: Library
afterAll(() => library.control.close())

beforeAll(async () => {
  library = await openLibrary(databases)
  await seedFleet(library)
  await seedRun(library, 'failed', [
    { slug: 'acme', state: 'succeeded' },
    { slug: 'corp', state: 'failed', cause: 'a', message: 'no' },
    { slug: 'delta', state: 'failed', cause: 'a', message: 'no' },
    { slug: 'echo', state: 'failed', cause: 'a', message: 'no' },
  ])
  await seedRun(library, 'succeeded', [{ slug: 'echo', state: 'succeeded' }])
  // Delta was put right by hand: seen at head after it failed.
  await sql`update observation set observed_at = now() + interval '1 minute' where target_id = (select id from target where schema_name = 'tenant_delta')`.execute(
    library.control.db,
  )
})

const list = (input: z.input<typeof listTenantsInput> = {}) => listTenants(library, listTenantsInput.parse(input))
const slugs = async (input: z.input<typeof listTenantsInput> = {}): Promise<string> => (await list(input)).rows.map(({ slug }) => slug).join(' ')

describe('the list of tenants', () => {
  it('holds a row for each placement, and for tenants that have none', async () => {
    const page = await list()
    expect(page.total).toBe(9)
    expect(page.rows.map(({ slug }) => slug)).toEqual(['acme', 'beta', 'corp', 'delta', 'echo', 'far', 'gone', 'helm', 'isle'])
    expect(page.rows[2]).toMatchObject({
      slug: 'corp',
      name: 'Corp & Co',
      state: 'active',
      labels: { plan: 'pro', region: 'us' },
      set: 'app',
      database: 'app',
      schema: 'tenant_corp',
      isolation: 'schema',
      version: '0002',
      head: '0004',
      pending: 2,
      versionState: 'behind',
      bytes: 2000,
      lastRun: { id: 1, state: 'failed' },
    })
    expect(page.rows[4]).toMatchObject({ slug: 'echo', lastRun: { id: 2, state: 'succeeded' } })
    expect(page.rows[7]).toMatchObject({ slug: 'helm', version: null, versionState: null, pending: null, observedAt: null, lastRun: null })
    expect(page.rows[8]).toMatchObject({ slug: 'isle', targetId: null, set: null, database: null, schema: null, isolation: null, head: null })
  })

  it.each([
    [{ q: 'ACME' }, 'acme isle'],
    [{ q: 'fly.example' }, 'delta'],
    [{ q: 'tenant_far' }, 'far'],
    [{ q: "o'; drop table tenant; --" }, ''],
    [{ q: '%' }, ''],
    [{ state: ['suspended', 'provisioning'] }, 'helm isle'],
    [{ database: ['eu-1'] }, 'delta echo'],
    [{ set: ['nope'] }, ''],
    [{ version: ['0004'] }, 'acme beta delta gone'],
    [{ versionState: ['behind', 'ahead'] }, 'corp echo far'],
    [{ isolation: ['schema'], state: ['suspended'] }, 'helm'],
    [{ label: ['plan=pro'] }, 'acme corp far'],
    [{ label: ['plan=pro', 'plan=free'] }, 'acme beta corp delta far'],
    [{ label: ['plan=pro', 'region=eu'] }, 'acme'],
    [{ label: ['plan'] }, ''],
    [{ failed: true }, 'corp'],
    [{ halfDone: true }, 'echo'],
  ] satisfies Array<[z.input<typeof listTenantsInput>, string]>)('filtered by %j holds %s', async (filter, expected) => {
    const page = await list(filter)
    expect(page.rows.map(({ slug }) => slug).join(' ')).toBe(expected)
    expect(page.total).toBe(page.rows.length)
  })

  it('is sorted by anything that it shows, with the unknown last', async () => {
    expect(await slugs({ sort: 'bytes' })).toBe('gone far echo corp beta acme delta helm isle')
    expect(await slugs({ sort: 'bytes', descending: true })).toBe('delta acme beta corp echo far gone helm isle')
    expect(await slugs({ sort: 'name', descending: true, limit: 2 })).toBe('isle helm')
    expect(await slugs({ sort: 'pending', descending: true, limit: 2 })).toBe('corp echo')
    expect(await slugs({ sort: 'lastRun', descending: true, limit: 4 })).toBe('echo acme corp delta')
    expect(await slugs({ sort: 'versionState', limit: 5 })).toBe('acme beta delta corp echo')
    for (const sort of listTenantsInput.shape.sort.unwrap().options) expect((await list({ sort })).rows).toHaveLength(9)
  })

  it('comes in pages that together hold each row once, also behind the last', async () => {
    const pages = await Promise.all([0, 4, 8, 12].map((offset) => list({ sort: 'state', offset, limit: 4 })))
    expect(pages.flatMap(({ rows }) => rows.map(({ slug }) => slug))).toHaveLength(9)
    expect(pages.map(({ total }) => total)).toEqual([9, 9, 9, 9])
  })
})

describe('the filters’ counts', () => {
  it('say for each value how many rows choosing it would show, the other filters staying', async () => {
    const facets = await tenantFacets(library, { state: ['active'], versionState: ['behind'] })
    expect(facets.versionState).toEqual([
      { value: 'ahead', count: 1 },
      { value: 'at_head', count: 3 },
      { value: 'behind', count: 2 },
      { value: 'diverged', count: 1 },
    ])
    expect(facets.state).toEqual([{ value: 'active', count: 2 }])
    expect(facets.database).toEqual([
      { value: 'app', count: 1 },
      { value: 'eu-1', count: 1 },
    ])
    expect(facets.label).toEqual([
      { value: 'plan=pro', count: 1 },
      { value: 'region=us', count: 1 },
    ])
  })

  it('agree with the list, whatever is chosen', async () => {
    const facets = await tenantFacets(library, { label: ['plan=pro'], q: 'a' })
    for (const { value, count } of facets.label) {
      const label = value.startsWith('plan=') ? [value] : ['plan=pro', value]
      expect([value, (await list({ q: 'a', label })).total]).toEqual([value, count])
    }
    for (const { value, count } of facets.version)
      expect([value, (await list({ q: 'a', label: ['plan=pro'], version: [value] })).total]).toEqual([value, count])
  })
})

describe('one tenant', () => {
  it('is shown with its placements, what it lacks, and the runs that touched it', async () => {
    const detail = await getTenant(library, 'corp')
    expect(detail.placements).toHaveLength(1)
    expect(detail.placements[0]).toMatchObject({
      set: 'app',
      database: 'app',
      server: 'one:5432',
      schema: 'tenant_corp',
      role: 'tenant_corp',
      version: '0002',
      head: '0004',
      pending: [
        { version: '0003', name: 'step 3', transactional: false },
        { version: '0004', name: 'step 4', transactional: true },
      ],
    })
    expect(detail.runs).toMatchObject([{ run: 1, kind: 'migrate', set: 'app', state: 'failed', attempts: 1, error: { code: '23514' } }])
    expect((await getTenant(library, 'acme')).placements[0]?.pending).toEqual([])
    expect((await getTenant(library, 'gone')).placements[0]?.pending).toEqual([])
    expect(await getTenant(library, 'isle')).toMatchObject({ state: 'provisioning', placements: [], runs: [] })
  })

  it('that is not there is refused', async () => {
    expect(await refusalOf(getTenant(library, 'nobody'))).toMatchObject({ code: 'tenant.unknown', details: { slug: 'nobody' } })
  })

  it('is found by slug first, then by the beginning of its name', async () => {
    expect((await searchTenants(library, ' AcMe', 10)).map(({ slug }) => slug)).toEqual(['acme', 'isle'])
    expect((await searchTenants(library, 'a', 3)).map(({ slug }) => slug)).toEqual(['acme', 'echo', 'isle'])
    expect(await searchTenants(library, "'; select", 3)).toEqual([])
  })

  it.each([
    ['acme', 'is taken'],
    ["o'brien", 'letters'],
    ['a";drop table tenant', 'letters'],
    ['müller', 'letters'],
    ['x'.repeat(64), '48'],
    ['', 'empty'],
    ['postgres', 'reserved'],
    ['tenantry-x', 'reserved'],
  ])('may not be called %j', async (slug, problem) => {
    const answer = await checkSlug(library, slug)
    expect(answer.available).toBe(false)
    expect(answer.problem).toContain(problem)
  })

  it('may have a slug that is free', async () => {
    expect(await checkSlug(library, 'new-one')).toEqual({ available: true, problem: null })
  })
})

describe('a selection', () => {
  const schemas = async (ids: readonly number[]): Promise<string> => {
    const { rows } = await sql<{ schemas: string }>`
      select string_agg(schema_name, ' ' order by x.place) as schemas from unnest(${[...ids]}::bigint[]) with ordinality x(id, place) join target t on t.id = x.id`.execute(
      library.control.db,
    )
    return rows[0]?.schemas ?? ''
  }

  it('becomes targets in the order of slugs', async () => {
    const { db } = library.control
    expect((await resolveSelection(db, { kind: 'all' }, 'app')).length).toBe(8)
    expect(await resolveSelection(db, { kind: 'all' }, 'nope')).toEqual([])
    expect(await schemas(await resolveSelection(db, { kind: 'tenants', slugs: ['echo', 'beta', 'isle'] }))).toBe('tenant_beta tenant_echo')
    expect(await schemas(await resolveSelection(db, { kind: 'filter', filter: { versionState: ['behind'] } }, 'app'))).toBe('tenant_corp tenant_echo')
  })

  it('that names a tenant who is not there is refused', async () => {
    const refusal = await refusalOf(resolveSelection(library.control.db, { kind: 'tenants', slugs: ['acme', 'nobody'] }))
    expect(refusal).toMatchObject({ code: 'tenant.unknown', details: { slug: 'nobody' } })
  })
})
