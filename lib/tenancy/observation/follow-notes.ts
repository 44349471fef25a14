import { sql } from 'kysely'
import type { Library } from '../context.ts'
import { hearNotes } from '../drift/notes/hear-notes.ts'
import { observeDatabase } from './observe.ts'

const turnMs = 30_000
/** A structure that cannot be looked at for so long is left to the usual looks. */
const triedMinutes = 5

/** Hears what a database has noted, and looks at the targets that were changed since their structure was seen. @throws the control database's errors */
export const followNotes = async (library: Library, databaseId: number): Promise<void> => {
  await hearNotes(library, databaseId)
  const { rows } = await sql<{ id: number }>`
    select t.id from target t left join observation o on o.target_id = t.id
    where t.database_id = ${databaseId} and exists (
      select from outside_change c where c.target_id = t.id and c.heard_at > coalesce(o.structure_at, '-infinity') and c.heard_at > now() - make_interval(mins => ${triedMinutes}))
    order by t.id`.execute(library.control.db)
  if (rows.length === 0) return
  await observeDatabase(
    library,
    databaseId,
    rows.map(({ id }) => id),
    turnMs,
    'due',
  )
}
