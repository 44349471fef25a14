/** One try of one item of a report: a tenant is asked, and its rows are collected. */
import { sql } from 'kysely'
import { lackNames } from '../../contract/reports.ts'
import type { AttemptError } from '../../contract/views.ts'
import type { ControlDb } from '../../control/db.ts'
import { attemptError, ownError } from '../../migrations/attempt-error.ts'
import { reportBounds } from '../../reports/cage.ts'
import type { Owner } from '../../reports/collector.ts'
import { reportSchema } from '../../reports/place.ts'
import { readMixed, type MixedAnswer, type MixedQuestion } from '../../reports/missing/read-mixed.ts'
import { chunkRows } from '../../reports/read-tenant.ts'
import { quoteIdent } from '../../sql/ident.ts'
import { codeOf, sqlstate } from '../../sql/sqlstate.ts'
import type { Bench, ItemOutcome } from './execute.ts'
import { failed } from './failed-item.ts'
import { requireLease, type Lease } from './lease.ts'
import type { Work } from './work.ts'

/** What open items of this server have brought before their conductor died goes: they are asked again. */
const forgetBrought = (db: ControlDb, lease: Lease, run: number): Promise<void> =>
  db.transaction().execute(async (trx) => {
    await requireLease(trx, lease)
    const name = `${quoteIdent(reportSchema(run))}.collected`
    const { rows } = await sql<{ isThere: boolean }>`select to_regclass(${name}) is not null as "isThere"`.execute(trx)
    // Without a place to put them the rows of its items are refused one by one, and other runs go on.
    if (rows[0]?.isThere !== true) return
    await sql`
      with gone as (
        delete from ${sql.raw(name)} where tenantry_target in (
          select target_id from run_item where run_id = ${run} and server_id = ${lease.serverId} and state in ('pending', 'running', 'interrupted'))
        returning 1)
      update report_run set row_count = row_count - n from (select count(*) as n from gone) g where run_id = ${run} and n > 0`.execute(trx)
  })

/** @param isNew nobody has taken the run up before, so that nothing can have been brought */
export const takeQuestion = async (db: ControlDb, lease: Lease, run: number, isNew: boolean): Promise<MixedQuestion> => {
  if (!isNew) await forgetBrought(db, lease, run)
  const row = await db.selectFrom('report_run').select(['statement', 'columns', 'row_cap', 'fill']).where('run_id', '=', run).executeTakeFirstOrThrow()
  return { statement: row.statement, columns: row.columns, rowCap: row.row_cap, fill: row.fill }
}

const lacking: ReadonlySet<string> = new Set([sqlstate.undefinedTable, sqlstate.undefinedColumn, sqlstate.undefinedFunction])

const nullInstead = 'Let NULL stand for it: Answer NULL beside the text, Ask again, with NULL on the report’s page, or --missing null for a text or a rerun.'
const nothingPut =
  'Nothing was put in its place: the newest structure that is known of the set does not have it either, the text takes a sample of its table or names that both with ONLY and without, it had handed on rows before it refused, the text with NULL put in is none that a report may ask, or the tenant’s schema is gone or does not tell what it has.'

const hintOf = ({ stillRefused }: MixedAnswer, { fill }: MixedQuestion): string => {
  if (fill === null) return nullInstead
  if (!stillRefused) return nothingPut
  const { filled, error } = stillRefused
  return `With NULL in place of ${lackNames(filled).join(', ')} it says: ${error instanceof Error ? error.message : String(error)}.`
}

const refusal = (answer: MixedAnswer & { readonly kind: 'refused' }, { schema, fromVersion }: Work, question: MixedQuestion): AttemptError => {
  const said = attemptError(answer.error, undefined, schema)
  if (!lacking.has(said.code)) return answer.stillRefused ? { ...said, hint: hintOf(answer, question) } : said
  const message = `Its structure${fromVersion === null ? '' : ` (version ${fromVersion})`} lacks what is asked for: ${said.message}`
  // Nothing can be put in place of a function.
  const ours = said.code === sqlstate.undefinedFunction && !answer.stillRefused ? null : hintOf(answer, question)
  const hints = [said.hint, ours].filter((hint) => hint !== null)
  return { ...said, message, hint: hints.length === 0 ? null : hints.join(' ') }
}

const otherColumns =
  'The columns are those that the report began with. Where a tenant has more or fewer, as with SELECT *, name them; where a column has another type, cast it. A report that was asked before a rollout is run anew behind it.'

const silence = (answer: Exclude<MixedAnswer, { readonly kind: 'answered' | 'called_off' }>, work: Work, question: MixedQuestion): AttemptError => {
  const { rowCap } = question
  switch (answer.kind) {
    case 'too_many':
      return ownError(
        'report_too_many_rows',
        `It answered with more than ${rowCap} rows, and none of them were kept.`,
        undefined,
        'Ask for less, or for more rows a tenant (--row-cap).',
      )
    case 'too_large':
      return ownError(
        'report_too_large',
        `Up to ${chunkRows} of its rows, which are read together, came to more than ${reportBounds.chunkBytes / 2 ** 20} MB, and none were kept.`,
        undefined,
        'Ask for fewer or shorter columns.',
      )
    case 'too_slow':
      return ownError(
        'report_too_slow',
        `It had not handed on all its rows within ${reportBounds.tenantMs / 1_000} seconds, and none of them were kept.`,
        undefined,
        'Ask for less: its tables are locked against changes of their structure for as long.',
      )
    case 'other_columns':
      return ownError('report_columns', answer.difference, undefined, answer.stillRefused ? hintOf(answer, question) : otherColumns)
    case 'no_role': {
      const said = attemptError(answer.error, undefined, work.schema)
      const hint = `Let the console’s user become it: GRANT "${work.role ?? ''}" TO the user, or make it a member with the admin option.`
      return {
        ...said,
        code: said.code === sqlstate.insufficientPrivilege ? 'report_role' : said.code,
        message: `The console may not become the tenant’s role: ${said.message}`,
        hint,
      }
    }
    case 'refused':
      return refusal(answer, work, question)
  }
}

/** Rows that could not be written, or not all of them, are none. */
const kept = async ({ desk }: Bench, owner: Owner): Promise<void> => {
  try {
    await desk.collector.settled(owner)
  } catch (error) {
    await desk.collector.undo(owner)
    throw error
  }
}

const ask = async (
  { connection, scene, serverVersion, desk }: Bench,
  { run }: Work,
  role: string,
  question: MixedQuestion,
  owner: Owner,
): Promise<MixedAnswer> => {
  const cage = { schema: scene.schema, role, extensionSchemas: scene.extensionSchemas, applicationName: scene.applicationName }
  await desk.settle(connection)
  try {
    return await desk.asking(run.id, connection.pid, (calledOff) =>
      readMixed(connection, cage, serverVersion, question, (rows) => desk.collector.add(owner, rows), { calledOff }),
    )
  } catch (error) {
    await desk.collector.undo(owner)
    throw error
  }
}

export const askItem = async (bench: Bench, work: Work, question: MixedQuestion): Promise<ItemOutcome> => {
  // It has no history that could tell what became of it; what it brought was taken back.
  if (work.lookOnly) return { kind: 'untouched' }
  const { run, role } = work
  const { collector } = bench.desk
  if (role === null)
    return failed(ownError('report_role', `The tenant has no role of its own, as which a report would read.`, undefined, 'Adopt its schema: that makes one.'))
  // It may be what they ended of.
  if (work.deaths >= bench.desk.mostDeaths)
    return failed(
      ownError('report_interrupted', `The process that asked it ended ${work.deaths} times over it.`, undefined, 'Ask for less, or give workers more memory.'),
    )
  const owner = { run: run.id, target: work.targetId, slug: work.slug }
  // Whether an earlier try could take back what it brought is not known.
  if (work.attempts > 0) await collector.undo(owner)
  const answer = await ask(bench, work, role, question, owner)
  if (answer.kind === 'answered') return { kind: 'succeeded', versions: [], seen: null, kept: kept(bench, owner), filled: answer.filled }
  if (collector.holds(owner)) await collector.undo(owner)
  if (answer.kind === 'called_off') return { kind: 'untouched' }
  const isCalledOff = run.state === 'cancelling' && answer.kind === 'refused' && codeOf(answer.error) === sqlstate.queryCanceled
  return isCalledOff ? { kind: 'untouched' } : failed(silence(answer, work, question))
}
