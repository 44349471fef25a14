/** The rows of a report: a page of them, sorted and filtered, or all. */
import type postgres from 'postgres'
import type { Actor } from '../contract/permissions.ts'
import { isFinalRun } from '../contract/states.ts'
import type { ReportColumn, ReportFilter, ReportRow, ReportRows, ReportRowsInput } from '../contract/reports.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'
import { quoteIdent } from '../sql/ident.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import { requireReadable } from './access.ts'
import { spellingStatement } from './cage.ts'
import { isUnordered } from './column-types.ts'
import { collectedOf, requireRows, type Head } from './head.ts'
import { IdleReader } from './idle-reader.ts'
import { reportSchema } from './place.ts'
import { pageOf, partsOf } from './tenant-parts.ts'
import { Turns } from './turns.ts'

const textOf = (rows: ReadonlyArray<ReadonlyArray<Buffer | null>>): readonly ReportRow[] =>
  rows.map((row) => row.map((value) => (value === null ? null : value.toString('utf8'))))

/** A condition with the value as its only parameter, or without one. @throws report.filter */
const conditionOf = ({ run, columns }: Head, { column, kind, value }: ReportFilter): { readonly text: string; readonly values: readonly string[] } => {
  const chosen = column === undefined ? columns : columns.filter(({ name }) => name === column)
  if (chosen.length === 0) throw new TenancyError('report.filter', { run, column, columns: columns.map(({ name }) => name).join(', ') })
  const each = chosen.map(({ name }) => {
    const text = `pg_catalog.lower(collected.${quoteIdent(name)}::pg_catalog.text)`
    if (kind === 'null') return `collected.${quoteIdent(name)} IS NULL`
    return kind === 'equals' ? `${text} = pg_catalog.lower($1::pg_catalog.text)` : `pg_catalog.strpos(${text}, pg_catalog.lower($1::pg_catalog.text)) > 0`
  })
  return { text: `(${each.join(' OR ')})`, values: kind === 'null' ? [] : [value] }
}

/** @throws report.sort */
const orderOf = ({ run, columns }: Head, { sort, descending }: Pick<ReportRowsInput, 'sort' | 'descending'>): string => {
  const sorted = columns.find(({ name }) => name === sort)
  if (sort !== undefined && !sorted) throw new TenancyError('report.sort', { run, column: sort, columns: columns.map(({ name }) => name).join(', ') })
  const way = descending ? 'DESC' : 'ASC'
  if (!sorted || sorted.name === 'tenant') return `tenant ${way}, tenantry_row`
  return `collected.${quoteIdent(sorted.name)}${isUnordered(sorted) ? '::pg_catalog.text' : ''} ${way} NULLS LAST, tenant, tenantry_row`
}

type Page = { readonly from: string; readonly values: readonly string[]; readonly offset: number }

/** A report that has ended is paged by tenants where that is its order; else all of it is sorted. */
const pageIn = async (db: ControlDb, connection: postgres.TransactionSql, head: Head, input: ReportRowsInput): Promise<Page> => {
  const collected = `FROM (${collectedOf(head)}) collected`
  if (input.filter) {
    const { text, values } = conditionOf(head, input.filter)
    return { from: `${collected} WHERE ${text}`, values, offset: input.offset }
  }
  if (!isFinalRun(head.state) || (input.sort ?? 'tenant') !== 'tenant') return { from: collected, values: [], offset: input.offset }
  const parts = await partsOf(db, connection, head)
  const { targets, skipped } = pageOf(input.descending ? parts.toReversed() : parts, input.offset, input.limit)
  return { from: `${collected} WHERE tenantry_target = ANY($1::pg_catalog.text::pg_catalog.int8[])`, values: [`{${targets.join(',')}}`], offset: skipped }
}

const pageMs = 15_000
const pageLockMs = 2_000

/** @returns what happened where the time was over, and what was thrown where not */
const slowFrom = (error: unknown, run: number): unknown => {
  const code = codeOf(error)
  if (code !== sqlstate.queryCanceled && code !== sqlstate.lockNotAvailable) return error
  const [ms, problem] = code === sqlstate.queryCanceled ? [pageMs, 'to look through them takes longer'] : [pageLockMs, 'they are being dropped or written']
  return new TenancyError('report.slow', { run, seconds: ms / 1_000, problem }, error)
}

const lookMs = 3_600_000
const mostLooks = 5_000
const looked = new WeakMap<ControlDb, Map<string, number>>()

/** Who scrolls looks once: a row for each person and report, at most one an hour from this process. */
const auditLook = async (db: ControlDb, actor: Actor, { run, set }: Head): Promise<void> => {
  const known = looked.get(db) ?? new Map<string, number>()
  looked.set(db, known)
  const key = `${actor.kind} ${actor.id ?? actor.label} ${run}`
  if ((known.get(key) ?? -Infinity) > Date.now() - lookMs) return
  if (known.size >= mostLooks) known.clear()
  known.set(key, Date.now())
  await appendAudit(db, { actor, action: 'reports.read', subjectKind: 'run', subject: String(run), details: { set } })
}

/** @throws report.unknown, report.not_yours, report.expired, report.lost, report.sort, report.filter, report.slow */
export const reportRows = async ({ control }: Library, actor: Actor, input: ReportRowsInput): Promise<ReportRows> => {
  await requireReadable(control.db, actor, input.run)
  const head = await requireRows(control.db, input.run)
  const order = orderOf(head, input)
  await auditLook(control.db, actor, head)
  return control.slow
    .begin('isolation level repeatable read read only', async (connection) => {
      // To compile what sorts a page takes longer than the page.
      await connection
        .unsafe(`${spellingStatement}; SET LOCAL jit = off; SET LOCAL statement_timeout = ${pageMs}; SET LOCAL lock_timeout = ${pageLockMs}`)
        .simple()
      const { from, values, offset } = await pageIn(control.db, connection, head, input)
      const names = head.columns.map(({ name }) => `collected.${quoteIdent(name)}`).join(', ')
      const rows = await connection.unsafe(`SELECT ${names} ${from} ORDER BY ${order} LIMIT ${input.limit} OFFSET ${offset}`, [...values]).raw()
      const total = input.filter ? textOf(await connection.unsafe(`SELECT count(*) ${from}`, [...values]).raw())[0]?.[0] : head.rows
      return { columns: head.columns, rows: textOf(rows), total: Number(total) }
    })
    .catch((error: unknown) => {
      throw slowFrom(error, input.run)
    })
}

const streamedAtOnce = 2_000
/** Each has a connection to the control database for as long as somebody reads. */
const exporting = new Turns(6, 10_000)
const mostOfOne = 2
export const exportMs = 30 * 60_000
/** Of each person who has some: nobody keeps the others from theirs. */
const ownTurns = new Map<string, Turns>()

export const takeTurn = async ({ kind, id, label }: Actor): Promise<() => void> => {
  const key = `${kind} ${id ?? label}`
  const own = ownTurns.get(key) ?? new Turns(mostOfOne, 10_000)
  ownTurns.set(key, own)
  const giveOwn = await own.take()
  const leave = (): void => {
    giveOwn()
    if (own.isIdle) ownTurns.delete(key)
  }
  try {
    const giveBack = await exporting.take()
    return () => {
      giveBack()
      leave()
    }
  } catch (error) {
    leave()
    throw error
  }
}

/** For whoever reads slowly; who reads nothing for so long is gone, and must not hold a connection, rows that are to be dropped, and the server's horizon. */
export const patienceMs = 120_000

type Streamed = { readonly chain: readonly number[]; readonly columns: ReadonlyArray<Pick<ReportColumn, 'name'>> }

/** Tenant by tenant over the index: to sort all of a large report would take longer than anybody waits for its first row. */
export const streamStatement = ({ chain, columns }: Streamed): string => {
  const places = chain.map((run) => `${quoteIdent(reportSchema(run))}.collected`)
  const tenants = places.map(
    (collected, index) => `one${index} AS (
      (SELECT tenantry_target, tenant, ${index} AS place FROM ${collected} ORDER BY tenantry_target LIMIT 1)
      UNION ALL
      SELECT next.* FROM one${index} one CROSS JOIN LATERAL (
        SELECT c.tenantry_target, c.tenant, ${index} FROM ${collected} c WHERE c.tenantry_target > one.tenantry_target ORDER BY c.tenantry_target LIMIT 1) next)`,
  )
  const names = columns.map(({ name }) => quoteIdent(name))
  const found = places.map(
    (collected, index) => `(SELECT ${names.map((name) => `c.${name}`).join(', ')} FROM ${collected} c
      WHERE each.place = ${index} AND c.tenantry_target = each.tenantry_target ORDER BY c.tenantry_row)`,
  )
  return `WITH RECURSIVE ${tenants.join(', ')}
    SELECT ${names.map((name) => `found.${name}`).join(', ')}
    FROM (SELECT * FROM (${places.map((_, index) => `SELECT * FROM one${index}`).join(' UNION ALL ')}) all_places ORDER BY tenant) each
    CROSS JOIN LATERAL (${found.join(' UNION ALL ')}) found`
}

/** @throws report.unknown, report.not_yours, report.expired, report.lost, report.busy, report.slow */
export async function* streamReport({ control }: Library, actor: Actor, run: number, idleMs: number = patienceMs): AsyncGenerator<readonly ReportRow[]> {
  await requireReadable(control.db, actor, run)
  const head = await requireRows(control.db, run)
  await appendAudit(control.db, { actor, action: 'reports.export', subjectKind: 'run', subject: String(run), details: { set: head.set, rows: head.rows } })
  const giveBack = await takeTurn(actor)
  const connection = control.connect()
  const reader = new IdleReader(run, idleMs)
  try {
    await connection
      .unsafe(`BEGIN READ ONLY; ${spellingStatement}; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`)
      .simple()
    await connection.unsafe(`DECLARE tenantry_export NO SCROLL CURSOR FOR ${streamStatement(head)}`).simple()
    for (const until = Date.now() + exportMs; ;) {
      if (Date.now() > until) throw new TenancyError('report.slow', { run, seconds: exportMs / 1_000, problem: 'they were taken too slowly' })
      const rows = textOf(await connection.unsafe(`FETCH ${streamedAtOnce} FROM tenantry_export`).simple().raw())
      reader.handed()
      if (rows.length > 0) yield rows
      reader.back()
      if (rows.length < streamedAtOnce) return
    }
  } catch (error) {
    throw reader.reasonOf(error)
  } finally {
    giveBack()
    await connection.end({ timeout: 1 })
  }
}
