/** Failures grouped by cause, as people read them: what is wrong, where, and what to do next. */
import type { AttemptError, FailureGroup, RunKind } from '@/lib/tenancy/contract'
import { plural } from '@/lib/format'

/** `title` goes on after "4 tenants: "; `next` is a sentence. */
type CauseWords = { readonly title: string; readonly next: string }

const mendRows = 'Find the rows with the query below, put them right, then try these targets again.'
const mendSql = 'Write a new migration that works on these targets; trying again by itself won’t help.'
const passes = 'It was tried several times by itself. Try again when the cause is gone.'

/** SQLSTATEs and codes of our own that people meet in rollouts. */
const causeWords: Readonly<Record<string, CauseWords>> = {
  '23502': { title: 'rows without a value where one is required', next: mendRows },
  '23503': { title: 'rows that refer to rows that are not there', next: mendRows },
  '23505': { title: 'rows that are duplicates where values must be unique', next: mendRows },
  '23514': { title: 'rows that break a check', next: mendRows },
  '23P01': { title: 'rows that exclude each other', next: mendRows },
  '22001': { title: 'values longer than their column', next: mendRows },
  '22003': { title: 'numbers out of range', next: mendRows },
  '22012': { title: 'a division by zero', next: 'Look at what the statement divides by in these tenants, put it right, then try them again.' },
  '22P02': { title: 'values that can’t be read as their new type', next: mendRows },
  '25006': { title: 'the server takes no writes', next: 'Point the database at its primary, then try again.' },
  '28P01': { title: 'the server refused the sign-in', next: 'Put the connection string right, then try again.' },
  '40001': { title: 'other transactions were in the way', next: passes },
  '40P01': { title: 'a deadlock with another transaction', next: passes },
  '42501': { title: 'a right is missing', next: 'Grant the right that the message names, then try again.' },
  '42601': { title: 'the SQL is not valid', next: mendSql },
  '42701': { title: 'a column is there already', next: 'Somebody changed these targets by hand. Undo that, then try again.' },
  '42703': { title: 'a column is missing', next: 'These targets differ from the others. Compare one with a healthy tenant first.' },
  '42710': { title: 'an object is there already', next: 'Somebody changed these targets by hand. Undo that, then try again.' },
  '42P01': { title: 'a table is missing', next: 'These targets differ from the others. Compare one with a healthy tenant first.' },
  '42P07': { title: 'a table or index is there already', next: 'Somebody changed these targets by hand. Undo that, then try again.' },
  '53300': { title: 'the server has no connection left', next: 'Lower the database’s budget or raise max_connections, then try again.' },
  '53100': { title: 'the server’s disk is full', next: 'Make room on the server, then try again.' },
  '55P03': { title: 'a lock was not free in time', next: 'See who holds the lock on these tables, then try again.' },
  '57014': { title: 'a statement took longer than it may', next: passes },
  P0001: { title: 'the migration itself said no', next: 'The message is the migration’s own. Do what it asks for, then try these targets again.' },
  connection_lost: { title: 'the connection was lost', next: passes },
  history_conflict: { title: 'the history says otherwise', next: 'Look at the tenant’s history; somebody else may have migrated it.' },
  history_mismatch: { title: 'the history is not the one expected', next: 'Look at the tenant’s history before anything else: something else writes to it.' },
  half_done_edited: { title: 'a half-done migration whose file has changed', next: 'Finish or undo it by hand in the tenant’s schema, then try again.' },
  diverged: { title: 'the history is not the set’s', next: 'Look at the tenant’s history; nothing was run.' },
  schema_exists: {
    title: 'a schema of that name is there already',
    next: 'Rename or drop it when nobody needs it, then try again; or onboard the tenant with the version that it is at.',
  },
  schema_missing: { title: 'the schema is gone', next: 'Restore it, or take the tenant out of the fleet.' },
  no_history: { title: 'a schema without a history', next: 'Adopt it: onboard the tenant with the version that it is at.' },
  invalid_index: { title: 'an index was left invalid', next: 'Try again: the leftover is removed first.' },
}

const classWords = (code: string): CauseWords => {
  if (code.startsWith('23') || code.startsWith('22')) return { title: 'data that doesn’t fit', next: mendRows }
  if (code.startsWith('42')) return { title: 'SQL that doesn’t fit these targets', next: mendSql }
  if (code.startsWith('08')) return { title: 'the server can’t be reached', next: 'Check that the server is up, then try again.' }
  if (code.startsWith('53') || code.startsWith('57')) return { title: 'the server could not do it now', next: passes }
  return { title: 'PostgreSQL refused it', next: 'Read the message, mend the cause, then try again.' }
}

/** What the migrations and the seed met in a new schema they had made themselves, and it is gone again. */
const mendSet = 'Nothing of these tenants is there. Mend the migration or the seed and read the set again; then onboard these tenants again.'

type Said = Pick<AttemptError, 'code' | 'offendingRowsQuery'> & { readonly file?: string | null }

const isOfSet = ({ code, file = null }: Said): boolean => file !== null && (/^(?:22|23|42)/.test(code) || code === 'P0001')

/** What is wrong and what to do next, for an error's SQLSTATE or code in a run of a kind. Never empty. */
export const wordsOf = (error: Said, kind: RunKind | null = null): CauseWords => {
  const words = causeWords[error.code] ?? classWords(error.code)
  if (kind === 'onboard' && isOfSet(error)) return { ...words, next: mendSet }
  return words.next === mendRows && error.offendingRowsQuery === null
    ? { ...words, next: 'Find the rows that the message speaks of, put them right, then try these targets again.' }
    : words
}

/** "table work_logs, constraint hours_positive"; empty when PostgreSQL named nothing. */
export const placeOf = (error: Pick<AttemptError, 'table' | 'constraint'>): string =>
  [error.table === null ? null : `table ${error.table}`, error.constraint === null ? null : `constraint ${error.constraint}`]
    .filter((part) => part !== null)
    .join(', ')

/** "0012_check_hours.sql, line 3"; empty when the failure is of no file. */
export const sourceOf = (error: Pick<AttemptError, 'file' | 'line'>): string =>
  error.file === null ? '' : error.line === null ? error.file : `${error.file}, line ${error.line}`

/** Tenants named at once; the rest stand behind "and N more". */
export const tenantsShown = (tenants: readonly string[], expanded: boolean, atOnce = 12): { readonly shown: readonly string[]; readonly more: number } =>
  expanded || tenants.length <= atOnce + 1 ? { shown: tenants, more: 0 } : { shown: tenants.slice(0, atOnce), more: tenants.length - atOnce }

/** An open run tries all of a group again; a rerun leaves out what later runs have put right. */
export const tenantsToTryAgain = (group: FailureGroup, by: 'retry' | 'rerun'): readonly string[] => (by === 'retry' ? group.tenants : group.remaining)

/** Biggest first, then by name of the first tenant: a list that doesn't reshuffle while a run grows. */
export const sortGroups = (groups: readonly FailureGroup[]): readonly FailureGroup[] =>
  groups.toSorted((a, b) => b.count - a.count || (a.tenants[0] ?? '').localeCompare(b.tenants[0] ?? ''))

/** "4 failures, 1 cause" */
export const failuresSentence = (groups: readonly FailureGroup[]): string => {
  const failures = groups.reduce((sum, group) => sum + group.count, 0)
  return `${plural(failures, 'failure')}, ${plural(groups.length, 'cause')}`
}

/** A cause's title where it stands alone. */
export const headline = (title: string): string => `${title.charAt(0).toUpperCase()}${title.slice(1)}`
