/**
 * Reads what databases have noted. Nobody listens there: a connection that is always open would be one beside the budget. They are asked instead, in the turn of
 * looks at their server.
 */
import { sql } from 'kysely'
import { z } from 'zod'
import type { Library } from '../../context.ts'
import type { ControlDb } from '../../control/db.ts'
import { readInstallation } from '../../control/installation.ts'
import { notify } from '../../control/notify.ts'
import { isTenancyError } from '../../errors.ts'
import { lookBriefly } from '../../registry/brief-look.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { transact } from '../../session/transact.ts'
import { classify, codeOf, sqlstate } from '../../sql/sqlstate.ts'
import { forgetting, notesAtOnce, standing, unread } from './note-statements.ts'

const everySeconds = 20
const unreachableSeconds = 120
/** Ten times as many as a database keeps. */
const mostRounds = 100
const bounds = { lockTimeoutMs: 300, timeoutMs: 5_000 }
const lookBounds = { turnMs: 5_000, connectMs: 5_000, statementMs: 5_000 }
const changesKept = 20
/** Those of a target that has not changed for so long say nothing about what it is like now. */
const daysKept = 30

const noteSchema = z.object({
  note: z.number(),
  at: z.string(),
  username: z.string(),
  application: z.string(),
  client: z.string().nullable(),
  command: z.string(),
  place: z.string(),
  object: z.string(),
})
type Note = z.output<typeof noteSchema>

/** Found again by whoever looks, so that no request for it can be lost. */
export const notesDue = async (db: ControlDb): Promise<number[]> => {
  const { rows } = await sql<{ id: number }>`
    select id from database where notes_since is not null
      and (notes_tried_at is null or notes_tried_at < now() - make_interval(secs => case when reachable then ${everySeconds}::integer else ${unreachableSeconds}::integer end))
    order by id`.execute(db)
  return rows.map(({ id }) => id)
}

/** Of schemas that are no target's, nothing is kept. */
const keep = async ({ control: { db } }: Library, databaseId: number, notes: readonly Note[]): Promise<void> => {
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ targetId: number }>`
      insert into outside_change (target_id, note, at, username, application, client, command, object)
      select t.id, x.note, x.at, x.username, x.application, x.client, x.command, x.object
      from jsonb_to_recordset(${JSON.stringify(notes)}::jsonb)
        as x(note bigint, at timestamptz, username text, application text, client text, command text, place text, object text)
      join target t on t.database_id = ${databaseId} and t.schema_name = x.place
      on conflict do nothing returning target_id as "targetId"`.execute(trx)
    if (rows.length === 0) return
    const changed = [...new Set(rows.map(({ targetId }) => targetId))]
    await sql`
      delete from outside_change c using (
        select id, row_number() over (partition by target_id order by at desc, note desc) as place from outside_change where target_id = any(${changed}::bigint[])) o
      where o.id = c.id and (o.place > ${changesKept} or c.heard_at < now() - make_interval(days => ${daysKept}))`.execute(trx)
    await sql`
      update database set notes_last_at = greatest(notes_last_at, (select max(at) from outside_change where target_id = any(${changed}::bigint[]))) where id = ${databaseId}`.execute(
      trx,
    )
    await notify(trx, { topic: 'observations' })
    await notify(trx, { topic: 'databases' })
  })
}

type Database = { readonly id: number; readonly name: string; readonly server_id: number; readonly url_sealed: Buffer }
type Heard = { readonly notes: readonly Note[]; readonly problem: string | null }

const problemOf = (error: unknown): string => {
  const code = codeOf(error)
  if (code === sqlstate.undefinedTable || code === sqlstate.undefinedSchema)
    return 'Somebody has dropped the table of its notes, so nothing is noted. Switch notes off and on again.'
  return `Its notes cannot be read: ${error instanceof Error ? error.message : String(error)} (${code}).`
}

const read = async (connection: FleetConnection, id: string): Promise<Heard> => {
  try {
    const [row] = await connection.query<{ triggers: string }>(standing(id))
    const [answer] = await connection.query<{ notes: string }>(unread(id))
    return {
      notes: z.array(noteSchema).parse(JSON.parse(answer?.notes ?? '[]')),
      problem: row?.triggers === '2' ? null : 'Somebody has dropped or disabled its event triggers, so nothing is noted. Switch notes off and on again.',
    }
  } catch (error) {
    if (classify(codeOf(error)) === 'connection') throw error
    return { notes: [], problem: problemOf(error) }
  }
}

/** What is left there is read again, and not kept twice. */
const forget = async ({ logger }: Library, database: Database, connection: FleetConnection, id: string, notes: readonly Note[]): Promise<void> => {
  try {
    await transact(
      connection,
      [
        forgetting(
          id,
          notes.map(({ note }) => note),
        ),
      ],
      bounds,
    )
  } catch (error) {
    logger.warn({ database: database.name, code: codeOf(error) }, 'notes.not_forgotten')
  }
}

/** @returns what is in the way of hearing more */
const hearAll = async (library: Library, database: Database): Promise<string | null> => {
  const id = await readInstallation(library.control.db)
  for (let round = 0; ; round += 1) {
    const { notes, problem } = await lookBriefly(library, database, (connection) => read(connection, id), lookBounds)
    if (notes.length === 0) return problem
    await keep(library, database.id, notes)
    await lookBriefly(library, database, (connection) => forget(library, database, connection, id, notes), lookBounds)
    if (notes.length < notesAtOnce || round === mostRounds) return problem
  }
}

/** What is in the way is kept as the database's problem with its notes. @throws the control database's errors */
export const hearNotes = async (library: Library, databaseId: number): Promise<void> => {
  const { db } = library.control
  const database = await db
    .selectFrom('database')
    .select(['id', 'name', 'server_id', 'url_sealed', 'notes_problem as problem'])
    .where('id', '=', databaseId)
    .where('notes_since', 'is not', null)
    .executeTakeFirst()
  if (!database) return
  await sql`update database set notes_tried_at = now() where id = ${databaseId}`.execute(db)
  let problem: string | null
  try {
    problem = await hearAll(library, database)
  } catch (error) {
    if (!isTenancyError(error)) throw error
    library.logger.warn({ database: database.name, code: error.code }, 'notes.not_read')
    if (error.code === 'database.busy') return
    problem = error.message
  }
  if (problem === database.problem) return
  await db.updateTable('database').set({ notes_problem: problem }).where('id', '=', databaseId).where('notes_since', 'is not', null).execute()
  await notify(db, { topic: 'databases' })
}
