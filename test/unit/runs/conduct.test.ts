/** The small decisions of conductors: how long to wait, what counts as one cause, how much may fail. */
import { describe, expect, it } from 'vitest'
import type { AttemptError } from '../../../lib/tenancy/contract/views.ts'
import { conductorName, flightName } from '../../../lib/tenancy/runs/conduct/lease.ts'
import { backoffMs, conductLimits } from '../../../lib/tenancy/runs/conduct/limits.ts'
import { causeOf, normaliseMessage } from '../../../lib/tenancy/runs/conduct/cause.ts'
import { failuresAllowed, planDigest } from '../../../lib/tenancy/runs/freeze.ts'

describe('the wait before another try', () => {
  const limits = { ...conductLimits, backoffBaseMs: 500, backoffMaxMs: 15_000 }

  it('doubles with each try up to its bound', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 40].map((tries) => backoffMs(tries, limits, () => 1))).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000])
  })

  it('is scattered over the upper half of its step', () => {
    expect([0, 0.5, 1].map((number) => backoffMs(3, limits, () => number))).toEqual([1_000, 1_500, 2_000])
    const waits = Array.from({ length: 200 }, () => backoffMs(3, limits))
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(2_000)
    expect(new Set(waits).size).toBeGreaterThan(50)
  })
})

describe('the failure tolerance', () => {
  it.each([
    [null, 100, null],
    ['0', 100, 0],
    ['5', 100, 5],
    ['10%', 184, 18],
    ['10%', 9, 0],
    ['100%', 7, 7],
    ['0%', 1000, 0],
  ])('%s of %i items lets %s fail', (tolerance, items, allowed) => {
    expect(failuresAllowed(tolerance, items)).toBe(allowed)
  })
})

describe('a cause', () => {
  const error: AttemptError = {
    code: '23505',
    message: 'duplicate key value violates unique constraint "one_email"',
    detail: null,
    hint: null,
    schema: 'tenant_acme',
    table: null,
    constraint: null,
    version: '0003',
    file: '0003_a.sql',
    line: 1,
    statement: 'create unique index',
    statementLine: 1,
    offendingRowsQuery: null,
  }

  it('is the same for tenants whose messages differ by names and numbers', () => {
    expect(normaliseMessage({ message: 'relation "tenant_acme.x" has 12 rows in “a”', schema: null })).toBe('relation "…" has n rows in “…”')
    expect(normaliseMessage({ message: 'no seats left in tenant_acme', schema: 'tenant_acme' })).toBe('no seats left in …')
    expect(causeOf({ ...error, message: 'key 7 of "a"', schema: 'a', detail: 'x', line: 9 })).toBe(causeOf({ ...error, message: 'key 12 of "b"', schema: 'b' }))
  })

  it.each([
    ['SQLSTATE', { code: '23514' }],
    ['message', { message: 'something else' }],
    ['migration', { version: '0004' }],
    ['statement', { statement: 'insert into a' }],
  ])('is another one with another %s', (_, part) => {
    expect(causeOf({ ...error, ...part })).not.toBe(causeOf(error))
  })
})

describe('a plan’s digest', () => {
  const migrations = [{ version: '0001', position: 1, name: 'a', file: '0001_a.sql', checksum: 'c', transactional: true, prefixDigest: 'p' }]
  const digest = planDigest('app', migrations, [1, 2])

  it.each([
    ['set', planDigest('other', migrations, [1, 2])],
    [
      'content',
      planDigest(
        'app',
        migrations.map((migration) => ({ ...migration, checksum: 'd' })),
        [1, 2],
      ),
    ],
    ['order of targets', planDigest('app', migrations, [2, 1])],
    ['targets', planDigest('app', migrations, [1])],
  ])('changes with the %s', (_, other) => {
    expect(other).not.toBe(digest)
    expect(other).toHaveLength(32)
  })
})

describe('a conductor’s name in pg_stat_activity', () => {
  const lease = { serverId: 1, epoch: 7, installation: 'a1b2c3d4' }

  it('begins with its epoch, also where the schema’s name is cut', () => {
    expect(conductorName(lease)).toBe('tenantry:a1b2c3d4:c7')
    const name = flightName(lease, 42, 'x'.repeat(63))
    expect(name).toHaveLength(63)
    expect(name.startsWith('tenantry:a1b2c3d4:c7 run 42 xxx')).toBe(true)
  })
})
