import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Selection } from '../../../lib/tenancy/contract/commands.ts'
import type { Library } from '../../../lib/tenancy/context.ts'
import { activateTenants, suspendTenants, updateTenant } from '../../../lib/tenancy/registry/tenants.ts'
import { useDatabases } from '../../support/template.ts'
import { ada, openLibrary, refusalOf, seedFleet, seedRun } from './fleet.ts'

const databases = useDatabases()
let library: Library

beforeEach(async () => {
  library = await openLibrary(databases)
  await seedFleet(library)
  return () => library.control.close()
})

const named = (...slugs: string[]): Selection => ({ kind: 'tenants', slugs })
const statesOf = async (): Promise<string> => {
  const { rows } = await sql<{
    all: string
  }>`select string_agg(slug || '=' || state, ' ' order by slug) as all from tenant where slug in ('acme', 'beta', 'helm', 'isle')`.execute(library.control.db)
  return rows[0]?.all ?? ''
}
const auditOf = (action: string) =>
  library.control.db.selectFrom('audit').select(['actor_label', 'subject_kind', 'subject', 'details']).where('action', '=', action).orderBy('subject').execute()

describe('suspending and activating', () => {
  it('changes the named tenants and leaves one audit row for each', async () => {
    expect(await suspendTenants(library, ada, { selection: named('beta', 'acme'), reason: 'unpaid' })).toEqual({ changed: 2 })
    expect(await statesOf()).toBe('acme=suspended beta=suspended helm=suspended isle=provisioning')
    expect(await auditOf('tenants.suspend')).toEqual([
      { actor_label: 'ada@example.com', subject_kind: 'tenant', subject: 'acme', details: { reason: 'unpaid' } },
      { actor_label: 'ada@example.com', subject_kind: 'tenant', subject: 'beta', details: { reason: 'unpaid' } },
    ])
    expect(await activateTenants(library, ada, { selection: named('acme'), reason: '' })).toEqual({ changed: 1 })
    expect(await auditOf('tenants.activate')).toMatchObject([{ subject: 'acme', details: {} }])
  })

  it('is quiet about those that are there already, also when it is sent twice at once', async () => {
    expect(await suspendTenants(library, ada, { selection: named('helm'), reason: '' })).toEqual({ changed: 0 })
    const both = await Promise.all([1, 2].map(() => suspendTenants(library, ada, { selection: named('acme', 'beta'), reason: '' })))
    expect(both.map(({ changed }) => changed).toSorted((a, b) => a - b)).toEqual([0, 2])
    expect(await auditOf('tenants.suspend')).toHaveLength(2)
  })

  it('refuses a named tenant that cannot get there, and changes none then', async () => {
    const before = await statesOf()
    expect(await refusalOf(suspendTenants(library, ada, { selection: named('acme', 'isle'), reason: '' }))).toMatchObject({
      code: 'tenant.state_conflict',
      details: { slug: 'isle', state: 'provisioning', needs: 'active' },
    })
    expect(await refusalOf(activateTenants(library, ada, { selection: named('isle'), reason: '' }))).toMatchObject({
      code: 'tenant.state_conflict',
      details: { slug: 'isle', needs: 'suspended' },
    })
    expect(await refusalOf(suspendTenants(library, ada, { selection: named('acme', 'nobody'), reason: '' }))).toMatchObject({ code: 'tenant.unknown' })
    expect(await statesOf()).toBe(before)
  })

  it('takes of a filter only those that can get there', async () => {
    expect(await activateTenants(library, ada, { selection: { kind: 'all' }, reason: '' })).toEqual({ changed: 1 })
    expect(await statesOf()).toBe('acme=active beta=active helm=active isle=provisioning')
  })

  it('refuses a tenant that a run is about to work on, and says which run', async () => {
    const run = await seedRun(library, 'paused', [
      { slug: 'acme', state: 'pending' },
      { slug: 'beta', state: 'succeeded' },
    ])
    expect(await refusalOf(suspendTenants(library, ada, { selection: named('acme', 'beta'), reason: '' }))).toMatchObject({
      code: 'run.targets_busy',
      details: { run, state: 'paused', count: 1, slugs: ['acme'] },
    })
    expect(await suspendTenants(library, ada, { selection: named('beta'), reason: '' })).toEqual({ changed: 1 })
  })
})

describe('changing a tenant', () => {
  it('keeps what was before in the audit', async () => {
    await updateTenant(library, ada, { slug: 'acme', name: 'Acme & Söhne', hosts: ['a.example.com', 'b.example.com'], labels: { plan: 'max' } })
    const row = await library.control.db.selectFrom('tenant').select(['name', 'hosts', 'labels']).where('slug', '=', 'acme').executeTakeFirstOrThrow()
    expect(row).toEqual({ name: 'Acme & Söhne', hosts: ['a.example.com', 'b.example.com'], labels: { plan: 'max' } })
    expect(await auditOf('tenants.update')).toMatchObject([
      { subject: 'acme', details: { before: { name: 'Acme Corporation', hosts: ['acme.example.com'] }, after: { labels: { plan: 'max' } } } },
    ])
  })

  it('that is not there is refused', async () => {
    expect(await refusalOf(updateTenant(library, ada, { slug: 'nobody', name: 'x', hosts: [], labels: {} }))).toMatchObject({ code: 'tenant.unknown' })
  })
})
