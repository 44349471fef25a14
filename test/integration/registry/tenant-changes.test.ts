import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { beforeEach, describe, expect, it } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
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

describe('a host', () => {
  const edit = (slug: string, hosts: string[]) => updateTenant(library, ada, { slug, name: slug, hosts, labels: {} })
  const hostsOf = async (slug: string) =>
    (await library.control.db.selectFrom('tenant').select('hosts').where('slug', '=', slug).executeTakeFirstOrThrow()).hosts

  it('of another tenant is refused with its owner, and free once that one gives it up', async () => {
    const refusal = { code: 'host.taken', details: { host: 'acme.example.com', slug: 'acme', state: 'active' } }
    expect(await refusalOf(edit('helm', ['helm.example.com', 'acme.example.com']))).toMatchObject(refusal)
    expect(await hostsOf('helm')).toEqual([])
    await edit('acme', ['acme.example.com', 'acme.example.com', 'www.acme.example.com'])
    await edit('acme', ['www.acme.example.com'])
    await edit('helm', ['acme.example.com'])
    expect(await hostsOf('helm')).toEqual(['acme.example.com'])
  })

  it('goes to one of two who take it at the same instant', async () => {
    const outcomes = await Promise.all(['beta', 'corp', 'echo'].map((slug) => refusalOf(edit(slug, ['raced.example.com']))))
    expect(outcomes.map(({ code }) => code).toSorted()).toEqual(['host.taken', 'host.taken', 'none'])
  })

  it('that several have in an older control database stays with the oldest, and the audit tells of the rest', async () => {
    const { db } = library.control
    await sql`drop table tenant_host; drop function keep_tenant_hosts cascade`.execute(db)
    await sql`update tenant set hosts = '{one.example.com,acme.example.com}' where slug in ('beta', 'corp')`.execute(db)
    await sql.raw(readFileSync(join(migrationsDir, 'control', '0010_hosts.sql'), 'utf8')).execute(db)
    expect([await hostsOf('acme'), await hostsOf('beta'), await hostsOf('corp')]).toEqual([['acme.example.com'], ['one.example.com'], []])
    expect(await auditOf('tenants.update')).toMatchObject([
      {
        actor_label: 'tenantry',
        subject: 'beta',
        details: { before: { hosts: ['one.example.com', 'acme.example.com'] }, after: { hosts: ['one.example.com'] } },
      },
      { subject: 'corp', details: { after: { hosts: [] } } },
    ])
    expect(await refusalOf(edit('corp', ['one.example.com']))).toMatchObject({ code: 'host.taken', details: { slug: 'beta' } })
  })
})
