/** Connections to a server are counted, whoever opens them, and no wait for one is without an end. */
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import type { Library } from '../../../lib/tenancy/context.ts'
import { observeDatabase } from '../../../lib/tenancy/observation/observe.ts'
import { changeDatabaseUrl } from '../../../lib/tenancy/registry/change-url.ts'
import { listDatabases } from '../../../lib/tenancy/registry/database-list.ts'
import { refreshDatabases } from '../../../lib/tenancy/registry/database-refresh.ts'
import { addDatabase, checkDatabase } from '../../../lib/tenancy/registry/databases.ts'
import { probeDatabase } from '../../../lib/tenancy/registry/probe.ts'
import { atServer } from '../../../lib/tenancy/registry/server-gate.ts'
import { parseDatabaseUrl } from '../../../lib/tenancy/sql/database-url.ts'
import { useDatabases } from '../../support/template.ts'
import { openTlsFront, type TlsFront } from '../../support/tls-front.ts'
import { ada, openLibrary, refusalOf } from './fleet.ts'

const databases = useDatabases()
let library: Library
let front: TlsFront

beforeAll(async () => {
  front = await openTlsFront(Number(new URL(inject('serverUrl')).port), false)
})
afterAll(() => front.close())
beforeEach(async () => {
  library = await openLibrary(databases)
  return () => library.control.close()
})

const through = (url: string): string => {
  const address = new URL(url)
  address.port = String(front.port)
  return address.href
}
const idsOf = (name: string) =>
  library.control.db.selectFrom('database').select(['id', 'server_id as server']).where('name', '=', name).executeTakeFirstOrThrow()

/** Somebody who looks at the server for as long as it takes. */
const hold = (server: number): { end(): Promise<void> } => {
  let end = (): void => {}
  const held = atServer(library, server, () => new Promise<void>((resolve) => (end = resolve)))
  return {
    end: async () => {
      end()
      await held
    },
  }
}

describe('testing an address', () => {
  it('takes one connection, and one only', async () => {
    const url = through(await databases.empty())
    front.seen()
    await checkDatabase(library, ada, { url })
    expect(front.seen()).toHaveLength(1)
    await addDatabase(library, ada, { name: 'one', url })
    expect(front.seen()).toHaveLength(1)
    await changeDatabaseUrl(library, ada, { name: 'one', url })
    expect(front.seen()).toHaveLength(1)
  })

  it('waits for its turn at a server that is known, and at one that is not for whoever asks there as well', async () => {
    const url = await databases.empty()
    await addDatabase(library, ada, { name: 'one', url })
    const { server } = await idsOf('one')
    const holder = hold(server)
    const other = await databases.empty()
    let isDone = false
    const checked = checkDatabase(library, ada, { url: other }).then(() => (isDone = true))
    const changed = changeDatabaseUrl(library, ada, { name: 'one', url: through(url) })
    front.seen()
    const unknown = [1, 2, 3].map(() => checkDatabase(library, ada, { url: through(other) }))
    await Promise.all(unknown)
    expect([isDone, front.seen().length]).toEqual([false, 3])
    await holder.end()
    await Promise.all([checked, changed])
  })

  it('is given up by the server itself when an answer takes too long', async () => {
    const url = await databases.empty()
    const name = new URL(url).pathname.slice(1)
    const [blocker, watcher] = [postgres(url, { max: 1, onnotice: () => undefined }), postgres(inject('serverUrl'), { max: 1 })]
    // Nothing can be looked up by name in this database meanwhile.
    await blocker.begin(async (trx) => {
      await trx`lock table pg_catalog.pg_namespace in access exclusive mode`
      expect(await refusalOf(probeDatabase(parseDatabaseUrl(url), { deadlineMs: 700 }))).toMatchObject({ code: 'database.unreachable' })
      await expect
        .poll(() => watcher`select pid from pg_stat_activity where datname = ${name} and application_name = 'tenantry:probe'`.then((rows) => rows.length), {
          timeout: 8_000,
        })
        .toBe(0)
    })
    await Promise.all([blocker.end(), watcher.end()])
  })
})

describe('a look that does not get its turn', () => {
  it('at targets is an outcome with its reason, and what was last seen stays', async () => {
    await addDatabase(library, ada, { name: 'one', url: await databases.empty() })
    const { id, server } = await idsOf('one')
    const [before] = await listDatabases(library, 'one')
    const holder = hold(server)
    const result = await observeDatabase(library, id, null, 50)
    expect(result).toEqual({ targets: 0, reachable: true, problem: expect.stringContaining('another look at it has not ended within') })
    expect(await listDatabases(library, 'one')).toEqual([{ ...before, problem: result.problem }])
    await holder.end()
    expect(await observeDatabase(library, id, null)).toMatchObject({ reachable: true, problem: null })
    expect((await listDatabases(library, 'one'))[0]?.problem).toBeNull()
  })

  it('at the server’s facts changes nothing', async () => {
    await addDatabase(library, ada, { name: 'one', url: await databases.empty() })
    const { server } = await idsOf('one')
    const before = await listDatabases(library, 'one')
    const holder = hold(server)
    expect(await refreshDatabases(library, undefined, 50)).toEqual([])
    expect(await listDatabases(library, 'one')).toEqual(before)
    await holder.end()
  })
})
