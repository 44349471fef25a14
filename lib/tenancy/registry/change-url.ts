import type { z } from 'zod'
import type { changeDatabaseUrlInput } from '../contract/commands.ts'
import type { Actor } from '../contract/permissions.ts'
import type { DatabaseRow } from '../contract/views.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import { notify } from '../control/notify.ts'
import { TenancyError } from '../errors.ts'
import { addressOf, type DatabaseUrl } from '../sql/database-url.ts'
import { listDatabases } from './database-list.ts'
import { addressColumns, addressesOf, probeAddresses } from './pooled-address.ts'

type PoolerColumns = { readonly pooler_host: string | null; readonly pooler_port: number | null }

/** For the trail: of a pooler that was there, or is there now. */
const poolersOf = ({ pooler_host: host, pooler_port: port }: PoolerColumns, pooled: DatabaseUrl | null): Readonly<Record<string, string | null>> => {
  const before = host === null || port === null ? null : addressOf({ host, port })
  return before === null && pooled === null ? {} : { poolerBefore: before, poolerAfter: pooled && addressOf(pooled) }
}

/** An identity that is only an address says nothing about a server that has moved. */
const isAddress = (identity: string): boolean => identity.includes(':')

/**
 * The same database under another address, user or password; a pooler's that is not named again is forgotten. What runs now keeps the connections it has.
 * @throws database.unknown, database.other when another database answers there, database.* when none fit does
 */
export const changeDatabaseUrl = async (library: Library, actor: Actor, input: z.output<typeof changeDatabaseUrlInput>): Promise<DatabaseRow> => {
  const addresses = addressesOf(input)
  const { direct: at, pooled } = addresses
  const known = await library.control.db.selectFrom('database').select('server_id').where('name', '=', input.name).executeTakeFirst()
  if (!known) throw new TenancyError('database.unknown', { database: input.name })
  const probe = await probeAddresses(library, addresses, known.server_id)
  await library.control.db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom('database')
      .innerJoin('server', 'server.id', 'database.server_id')
      .select([
        'database.id',
        'database.host',
        'database.port',
        'database.pooler_host',
        'database.pooler_port',
        'database.dbname',
        'server.id as serverId',
        'server.identity',
      ])
      .where('database.name', '=', input.name)
      .forUpdate()
      .executeTakeFirst()
    if (!row) throw new TenancyError('database.unknown', { database: input.name })
    const isSameServer = row.identity === probe.identity || (isAddress(row.identity) && isAddress(probe.identity))
    if (!isSameServer || row.dbname !== at.dbname) throw new TenancyError('database.other', { database: input.name, found: `${at.dbname} at ${addressOf(at)}` })
    await trx
      .updateTable('server')
      .set({ name: addressOf(probe), version: probe.version, version_num: probe.versionNum })
      .where('id', '=', row.serverId)
      .execute()
    await trx
      .updateTable('database')
      .set({
        ...addressColumns(library.secret, addresses),
        reachable: true,
        problem: null,
        checked_at: library.clock(),
      })
      .where('id', '=', row.id)
      .execute()
    await appendAudit(trx, {
      actor,
      action: 'databases.changeUrl',
      subjectKind: 'database',
      subject: input.name,
      details: { before: addressOf(row), after: addressOf(at), ...poolersOf(row, pooled), user: at.user },
    })
    await notify(trx, { topic: 'databases' })
  })
  const [row] = await listDatabases(library, input.name)
  if (!row) throw new TenancyError('database.unknown', { database: input.name })
  return row
}
