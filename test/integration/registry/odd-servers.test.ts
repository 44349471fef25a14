import postgres from 'postgres'
import { describe, expect, inject, it } from 'vitest'
import { isTenancyError } from '../../../lib/tenancy/errors.ts'
import { parseDatabaseUrl } from '../../../lib/tenancy/sql/database-url.ts'
import { probeDatabase } from '../../../lib/tenancy/registry/probe.ts'
import { startOfVersion, startSilent, startStandby, startTransactionPooler, startTrusting } from './odd-servers.ts'

const probe = (url: string, deadlineMs?: number) => probeDatabase(parseDatabaseUrl(url), { installation: 'test', thorough: true, deadlineMs })

/** The refusal, after making sure that no part of it repeats the password. */
const refusalOf = async (url: string, deadlineMs?: number): Promise<{ readonly code: string; readonly message: string }> => {
  try {
    await probe(url, deadlineMs)
    return { code: 'none', message: '' }
  } catch (error) {
    if (!isTenancyError(error)) throw error
    const password = new URL(url).password
    if (password !== '') expect(JSON.stringify(error.toDocument()) + String(error.stack)).not.toContain(password)
    return { code: error.code, message: error.message }
  }
}

const at = (change: (url: URL) => void): string => {
  const url = new URL(inject('serverUrl'))
  change(url)
  return url.href
}

describe('a server that cannot be used', () => {
  it('because nothing listens', async () => {
    expect(await refusalOf(at((url) => (url.port = '1')))).toEqual({
      code: 'database.unreachable',
      message: 'No connection to 127.0.0.1:1: nothing answers at that port',
    })
  })

  it('because its name is not known', async () => {
    const { code, message } = await refusalOf(at((url) => (url.hostname = 'no-such-host.invalid')))
    expect(code).toBe('database.unreachable')
    expect(message).toContain('host name')
  })

  it('because it takes connections and never answers', async () => {
    const silent = await startSilent()
    const began = performance.now()
    expect(await refusalOf(silent.url, 600)).toMatchObject({ code: 'database.unreachable' })
    expect(performance.now() - began).toBeLessThan(10_000)
    await silent.stop()
  })

  it('because the password is wrong', async () => {
    expect(await refusalOf(at((url) => (url.password = 'wrong-password')))).toMatchObject({ code: 'database.auth' })
  })

  it('because the user is not known', async () => {
    expect(await refusalOf(at((url) => (url.username = 'nobody-here')))).toMatchObject({ code: 'database.auth' })
  })

  it('because it does not speak TLS where that is asked for', async () => {
    expect(await refusalOf(at((url) => (url.search = '?sslmode=verify-full')))).toMatchObject({ code: 'database.no_tls' })
  })

  it('because it is too old', async () => {
    const old = await startOfVersion('12.9 (Debian 12.9-1)', '120009')
    expect(await refusalOf(old.url)).toMatchObject({ code: 'database.version', message: expect.stringContaining('12.9') })
    await old.stop()
  })

  it('because it is a standby', async () => {
    const standby = await startStandby()
    try {
      expect(await refusalOf(standby.url)).toMatchObject({ code: 'database.read_only' })
    } finally {
      await standby.stop()
    }
  })
})

describe('a pooler in transaction mode', () => {
  it('is recognised by lending one backend to two clients', async () => {
    const server = await startTrusting()
    const pooler = await startTransactionPooler({ port: server.port, user: 'postgres', dbname: 'postgres' })
    try {
      // It does what a pooler does: both clients are answered, by the same backend.
      const clients = [1, 2].map(() => postgres(pooler.url, { max: 1, fetch_types: false, prepare: false }))
      const pids = await Promise.all(clients.map((client) => client.unsafe<{ pid: number }[]>('select pg_backend_pid() as pid').simple()))
      expect(pids[0]?.[0]?.pid).toBe(pids[1]?.[0]?.pid)
      await Promise.all(clients.map((client) => client.end()))
      expect(await refusalOf(pooler.url)).toMatchObject({ code: 'database.pooler' })
      expect(await probe(server.url)).toMatchObject({ connectionsUsed: 1 })
    } finally {
      await pooler.stop()
      await server.stop()
    }
  })
})
