/** Has a database note DDL that does not come from Tenantry, or takes all of that away again. Off until somebody asks for it. */
import type { z } from 'zod'
import type { setNotesInput } from '../../contract/commands.ts'
import type { Actor } from '../../contract/permissions.ts'
import type { Library } from '../../context.ts'
import { appendAudit } from '../../control/audit.ts'
import { readInstallation } from '../../control/installation.ts'
import { notify } from '../../control/notify.ts'
import { TenancyError, isTenancyError } from '../../errors.ts'
import { briefly, lookBriefly } from '../../registry/brief-look.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { transact } from '../../session/transact.ts'
import { classify, codeOf, sqlstate } from '../../sql/sqlstate.ts'
import { installation, removal } from './note-statements.ts'

/** Whoever has noted something holds the table until the end of their transaction. */
const bounds = { lockTimeoutMs: 2_000, timeoutMs: 10_000 }

type Database = { readonly name: string; readonly dbname: string; readonly username: string }

const refusal = (error: unknown, { name, dbname, username }: Database, on: boolean): unknown => {
  const code = codeOf(error)
  if (isTenancyError(error) || code === 'unknown' || classify(code) === 'connection') return error
  if (code === sqlstate.insufficientPrivilege) return new TenancyError('database.notes_rights', { database: name, dbname, user: username }, error)
  const problem =
    code === sqlstate.lockNotAvailable
      ? 'a change of structure is under way there, and was not waited for any longer.'
      : `${error instanceof Error ? error.message : String(error)} (${code}).`
  return new TenancyError('database.notes_failed', { database: name, state: on ? 'on' : 'off', problem }, error)
}

/** What is there of an earlier time goes first; before that does, nothing of it is missed. */
const change = async (connection: FleetConnection, id: string, on: boolean): Promise<void> => {
  for (const texts of removal(id)) await transact(connection, texts, bounds)
  if (on) await transact(connection, installation(id), bounds)
}

/** @throws database.unknown, database.notes_rights, database.notes_failed, database.busy and what keeps the server from being reached */
export const setNotes = async (library: Library, actor: Actor, { name, on }: z.output<typeof setNotesInput>): Promise<void> => {
  const { db } = library.control
  const database = await db
    .selectFrom('database')
    .select(['id', 'name', 'dbname', 'username', 'server_id', 'url_sealed'])
    .where('name', '=', name)
    .executeTakeFirst()
  if (!database) throw new TenancyError('database.unknown', { database: name })
  const id = await readInstallation(db)
  await lookBriefly(
    library,
    database,
    async (connection) => {
      try {
        await change(connection, id, on)
      } catch (error) {
        throw refusal(error, database, on)
      }
    },
    { ...briefly, isFirst: true },
  )
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable('database')
      .set({ notes_since: on ? library.clock() : null, notes_tried_at: null, notes_last_at: null, notes_problem: null })
      .where('id', '=', database.id)
      .execute()
    await appendAudit(trx, { actor, action: 'databases.notes', subjectKind: 'database', subject: name, details: { on } })
    await notify(trx, { topic: 'databases' })
  })
}
