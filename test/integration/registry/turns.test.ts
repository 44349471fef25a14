/** Connections to a server are counted, whoever opens them, and no wait for one is without an end. */
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { sql } from 'kysely'
import { silentLogger, silentMeters, type Library } from '../../../lib/tenancy/context.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { observeDatabase } from '../../../lib/tenancy/observation/observe.ts'
import { changeDatabaseUrl } from '../../../lib/tenancy/registry/change-url.ts'
import { lookForSchemas } from '../../../lib/tenancy/provision/live-schemas.ts'
import { listDatabases } from '../../../lib/tenancy/registry/database-list.ts'
import { refreshDatabases } from '../../../lib/tenancy/registry/database-refresh.ts'
import { addDatabase, checkDatabase } from '../../../lib/tenancy/registry/databases.ts'
import { probeDatabase } from '../../../lib/tenancy/registry/probe.ts'
import { atServer, firstAtServer, ServerBusy } from '../../../lib/tenancy/registry/server-gate.ts'
import { parseDatabaseUrl } from '../../../lib/tenancy/sql/database-url.ts'
import { testSecret, useDatabases } from '../../support/template.ts'
import { openTlsFront, type TlsFront } from '../../support/tls-front.ts'
import { ada, refusalOf } from './fleet.ts'

const databases = useDatabases()
let controlUrl: string
let library: Library
let front: TlsFront

beforeAll(async () => {
  front = await openTlsFront(Number(new URL(inject('serverUrl')).port), false)
})
afterAll(() => front.close())
beforeEach(async () => {
  controlUrl = await databases.control()
  library = { control: openControl(controlUrl, { max: 4 }), secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() }
  return () => library.control.close()
})

const through = (url: string): string => {
  const address = new URL(url)
  address.port = String(front.port)
  return address.href
}
const idsOf = (name: string) =>
  library.control.db.selectFrom('database').select(['id', 'server_id as server']).where('name', '=', name).executeTakeFirstOrThrow()

/** Somebody who looks at the server, from now on and for as long as it takes. */
const hold = async (server: number): Promise<{ end(): Promise<void> }> => {
  let end = (): void => {}
  let held: Promise<void> | undefined
  await new Promise<void>((began) => {
    held = atServer(library, server, () => {
      began()
      return new Promise<void>((resolve) => (end = resolve))
    })
  })
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
    const holder = await hold(server)
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
      expect(await refusalOf(probeDatabase(parseDatabaseUrl(url), { installation: 'test', deadlineMs: 700 }))).toMatchObject({ code: 'database.unreachable' })
      await expect
        .poll(() => watcher`select pid from pg_stat_activity where datname = ${name} and application_name = 'tenantry:probe'`.then((rows) => rows.length), {
          timeout: 40_000,
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
    const holder = await hold(server)
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
    const holder = await hold(server)
    expect(await refreshDatabases(library, undefined, 50)).toEqual([])
    expect(await listDatabases(library, 'one')).toEqual(before)
    await holder.end()
  })
})

describe('processes that share a control database', () => {
  it('make way in a long look for one that goes first', async () => {
    await addDatabase(library, ada, { name: 'one', url: await databases.empty() })
    const { id, server } = await idsOf('one')
    const other: Library = { ...library, control: openControl(controlUrl, { max: 3 }) }
    try {
      const ended: string[] = []
      let together = 0
      let most = 0
      const enter = (): void => {
        together += 1
        most = Math.max(most, together)
      }
      const leave = async (): Promise<void> => {
        together -= 1
      }
      const over = new AbortController()
      const began = Promise.withResolvers<void>()
      const long = atServer(library, server, async ({ makeWay }) => {
        enter()
        began.resolve()
        while (!over.signal.aborted) {
          const before = together
          await makeWay(leave)
          if (together < before) enter()
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
        await leave()
        ended.push('long')
      })
      await began.promise
      for (const process of [library, other]) {
        const first = async (): Promise<void> => {
          enter()
          await leave()
          ended.push('first')
        }
        await firstAtServer(process, server, first, 20_000)
      }
      expect(ended).toEqual(['first', 'first'])
      // What a command that somebody waits for asks, of which a single answer may come late on a busy machine.
      const asked = () => lookForSchemas(other, [{ databaseId: id, schema: 'nowhere' }]).then((seen) => seen.map(({ look }) => look))
      await expect.poll(asked, { timeout: 30_000 }).toEqual([{ there: new Set() }])
      expect(ended).toEqual(['first', 'first'])
      over.abort()
      await long
      expect([ended, most]).toEqual([['first', 'first', 'long'], 1])
      expect((await sql`select 1 from server_turn`.execute(library.control.db)).rows).toEqual([])
    } finally {
      await other.control.close()
    }
  })

  it('look at a server one at a time, and give their turn up when they die', async () => {
    await addDatabase(library, ada, { name: 'one', url: await databases.empty() })
    const { server } = await idsOf('one')
    const other: Library = { ...library, control: openControl(controlUrl, { max: 3 }) }
    try {
      let looking = 0
      const looks = [library, other, other, library, other].map((process) =>
        atServer(process, server, async () => {
          looking += 1
          const together = looking
          await new Promise((resolve) => setTimeout(resolve, 30))
          looking -= 1
          return together
        }),
      )
      expect(await Promise.all(looks)).toEqual([1, 1, 1, 1, 1])
      const holder = await hold(server)
      await expect(atServer(other, server, () => Promise.resolve(), 200)).rejects.toThrow(ServerBusy)
      await holder.end()
      await sql`insert into server_turn (key, holder, until) values (${String(server)}, 'dead', now() + interval '600 ms')`.execute(library.control.db)
      await expect(atServer(other, server, () => Promise.resolve(), 200)).rejects.toThrow(ServerBusy)
      expect(await atServer(other, server, () => Promise.resolve('looked'), 5_000)).toBe('looked')
      expect((await sql`select 1 from server_turn`.execute(library.control.db)).rows).toEqual([])
    } finally {
      await other.control.close()
    }
  })
})
