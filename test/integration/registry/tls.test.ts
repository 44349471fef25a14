/** What `sslmode` means: the same through each of the two drivers, for the control database and for the fleet. */
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { probeDatabase } from '../../../lib/tenancy/registry/probe.ts'
import { connectFleet } from '../../../lib/tenancy/session/fleet-connection.ts'
import { parseDatabaseUrl } from '../../../lib/tenancy/sql/database-url.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { testSecret, useDatabases } from '../../support/template.ts'
import { certificate, openTlsFront, type TlsFront } from '../../support/tls-front.ts'

const databases = useDatabases()
let url: string
let withTls: TlsFront
let without: TlsFront

beforeAll(async () => {
  url = await databases.empty()
  const port = Number(new URL(url).port)
  withTls = await openTlsFront(port, true)
  without = await openTlsFront(port, false)
})
afterAll(async () => {
  await withTls.close()
  await without.close()
})

const at = (front: TlsFront, mode: string | null): string => {
  const address = new URL(url)
  address.port = String(front.port)
  if (mode !== null) address.searchParams.set('sslmode', mode)
  return address.href
}

/** Enough to need several packets each way. */
const question = `select repeat('x', 300000) as x, length('${'y'.repeat(100_000)}') as y`

const ways: Readonly<Record<string, (address: string) => Promise<void>>> = {
  pg: async (address) => {
    const control = openControl(address)
    try {
      const { rows } = await sql.raw<{ x: string; y: number }>(question).execute(control.db)
      expect([rows[0]?.x.length, rows[0]?.y]).toEqual([300_000, 100_000])
    } finally {
      await control.close()
    }
  },
  'postgres.js': async (address) => {
    const control = openControl(address)
    try {
      expect((await control.sql.unsafe(question))[0]?.x.length).toBe(300_000)
    } finally {
      await control.close()
    }
  },
  'a fleet connection': async (address) => {
    const connection = await connectFleet(address, { applicationName: 'tenantry:test', connectTimeoutMs: 4_000 })
    expect((await connection.query<{ x: string }>(question))[0]?.x.length).toBe(300_000)
    await connection.close()
  },
}

const outcome = async (way: string, front: TlsFront, mode: string | null): Promise<string> => {
  front.seen()
  try {
    await ways[way]?.(at(front, mode))
  } catch {
    return 'refused'
  }
  return [...new Set(front.seen())].join()
}

describe.each(Object.keys(ways))('through %s', (way) => {
  it.each([
    [null, 'clear', 'clear'],
    ['disable', 'clear', 'clear'],
    ['allow', 'tls', 'clear'],
    ['prefer', 'tls', 'clear'],
    ['require', 'tls', 'refused'],
    ['no-verify', 'tls', 'refused'],
    ['verify-full', 'refused', 'refused'],
  ])('%s is %s where the server has TLS under a certificate of its own, and %s where it has none', async (mode, encrypted, plain) => {
    expect([await outcome(way, withTls, mode), await outcome(way, without, mode)]).toEqual([encrypted, plain])
  })

  it.each(['prefer', 'require'])('%s names the host, by which hosted databases are found; a number is no name', async (mode) => {
    const byName = new URL(at(withTls, mode))
    byName.hostname = 'localhost'
    await ways[way]?.(byName.href)
    expect(withTls.servername).toBe('localhost')
    await ways[way]?.(at(withTls, mode))
    expect(withTls.servername).toBeNull()
  })

  it('verify-full takes a certificate that a known authority gave to just this host', async () => {
    const known = getCACertificates('default')
    setDefaultCACertificates([...known, certificate])
    try {
      expect(await outcome(way, withTls, 'verify-full')).toBe('tls')
    } finally {
      setDefaultCACertificates(known)
    }
  })
})

it('a server that goes away is told through TLS that is only preferred, too', async () => {
  const front = await openTlsFront(Number(new URL(url).port), true)
  const control = openControl(at(front, 'prefer'))
  await sql`select 1`.execute(control.db)
  await front.close()
  await expect(sql`select 1`.execute(control.db)).rejects.toMatchObject({ code: expect.stringMatching(/^(ECONNREFUSED|CONNECTION_CLOSED)$/) })
  await control.close()
})

describe('a server without TLS, where it is asked for', () => {
  it.each(['require', 'verify-full'])('with %s is said to have none, not to be out of reach', async (mode) => {
    const there = parseDatabaseUrl(at(without, mode))
    await expect(probeDatabase(there, { installation: 'test' })).rejects.toMatchObject({ code: 'database.no_tls', details: { mode } })
  })

  it('is said of the control database as well', async () => {
    const tenancy = createTenancy({ controlUrl: at(without, 'require'), secret: testSecret, migrationsDir })
    const refusal = { code: 'control.unreachable', message: expect.stringContaining('offers no TLS, which sslmode=require asks for') }
    await expect(tenancy.control.ready()).rejects.toMatchObject(refusal)
    await expect(tenancy.control.migrate()).rejects.toMatchObject(refusal)
    await tenancy.close()
  })

  it('is told apart from one whose certificate is not accepted, and from one that is not there', async () => {
    await expect(probeDatabase(parseDatabaseUrl(at(withTls, 'verify-full')), { installation: 'test' })).rejects.toMatchObject({
      code: 'database.unreachable',
      message: expect.stringContaining('certificate'),
    })
    const nowhere = parseDatabaseUrl('postgres://u@127.0.0.1:1/x?sslmode=require')
    await expect(probeDatabase(nowhere, { installation: 'test' })).rejects.toMatchObject({ code: 'database.unreachable' })
  })
})
