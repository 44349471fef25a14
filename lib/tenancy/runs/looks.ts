/** Looks that wait in the queues or are under way, and their end before their time. */
import { sql } from 'kysely'
import type { LookView } from '../contract/views.ts'
import type { Actor } from '../contract/permissions.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import { TenancyError } from '../errors.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import { queues } from './queues.ts'

const isLook = sql`j.name in (${queues.look}, ${queues.observe}, ${queues.structure})`
const isOpen = sql`j.state in ('created', 'retry', 'active')`

/** Their tables are made by the first worker, or by whoever asks for a look. */
const unlessUnmade = async <Result>(ask: () => Promise<Result>, otherwise: Result): Promise<Result> => {
  try {
    return await ask()
  } catch (error) {
    const code = codeOf(error)
    if (code === sqlstate.undefinedTable || code === sqlstate.undefinedSchema) return otherwise
    throw error
  }
}

type LookRow = Omit<LookView, 'since'> & { readonly since: Date }

export const listLooks = ({ control: { db } }: Pick<Library, 'control'>): Promise<readonly LookView[]> =>
  unlessUnmade(async () => {
    const { rows } = await sql<LookRow>`
      select j.id, array(select d.name from jsonb_array_elements(j.data -> 'looks') l join database d on d.id = (l ->> 'databaseId')::bigint order by 1) as databases,
        (select sum(jsonb_array_length(l -> 'targets'))::int from jsonb_array_elements(j.data -> 'looks') l where jsonb_typeof(l -> 'targets') = 'array') as targets,
        coalesce(j.data ->> 'wish', 'none') <> 'none' as structure, j.name = ${queues.look} as "isAsked", j.state = 'active' as "isUnderWay",
        case when j.state = 'active' then j.started_on else j.created_on end as since
      from pgboss.job j where ${isLook} and ${isOpen} order by j.created_on, j.id`.execute(db)
    return rows.map((row) => ({ ...row, since: row.since.toISOString() }))
  }, [])

/** As the queue's own cancel does it, together with its audit row; the worker that holds it hears of it. @throws look.unknown */
export const cancelLook = async ({ control: { db } }: Library, actor: Actor, { look }: { look: string }): Promise<void> => {
  await db.transaction().execute(async (trx) => {
    const { rows } = await unlessUnmade(
      () =>
        sql<{ databases: string[]; structure: boolean }>`
          update pgboss.job j set state = 'cancelled', completed_on = now() where j.id = ${look} and ${isLook} and ${isOpen}
          returning array(select d.name from jsonb_array_elements(j.data -> 'looks') l join database d on d.id = (l ->> 'databaseId')::bigint order by 1) as databases,
            coalesce(j.data ->> 'wish', 'none') <> 'none' as structure`.execute(trx),
      { rows: [] },
    )
    const [row] = rows
    if (!row) throw new TenancyError('look.unknown', { look })
    await appendAudit(trx, { actor, action: 'targets.cancelLook', subjectKind: 'fleet', subject: 'fleet', details: { ...row } })
    await notify(trx, { topic: 'observations' })
  })
}

/** Of these, those that nobody wants any more. */
export const cancelledLooks = async (db: ControlDb, ids: readonly string[]): Promise<readonly string[]> => {
  const { rows } = await sql<{
    id: string
  }>`select j.id from pgboss.job j where j.id = any(${[...ids]}::uuid[]) and ${isLook} and j.state = 'cancelled'`.execute(db)
  return rows.map(({ id }) => id)
}
