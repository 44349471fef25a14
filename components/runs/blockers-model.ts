import { formatDuration, plural } from '@/lib/format'
import {
  describeHolder,
  describeLock,
  isFinalRun,
  isHiddenSession,
  isLockCode,
  type BlockerStop,
  type BlockingSession,
  type ItemBlockers,
  type ItemState,
  type LockHolder,
  type RunState,
} from '@/lib/tenancy/contract'

/**
 * Whether it is worth asking the server again and again; the answer says what is so.
 * @param lastCode of the error that it has failed of: who holds a lock still is in the way of a rerun too
 */
export const mayBeBlocked = (run: RunState, item: ItemState, attempts: number, lastCode: string | null = null): boolean => {
  if (isFinalRun(run)) return item === 'failed' && isLockCode(lastCode)
  return item === 'running' || (attempts > 0 && (item === 'pending' || item === 'interrupted' || item === 'failed'))
}

export const blockedTitle = ({ standing, total }: Pick<ItemBlockers, 'standing' | 'total'>): string => {
  if (standing === 'waits') return total === 0 ? 'Waits for a lock' : `Blocked by ${plural(total, 'session')}`
  return total === 0 ? 'Nobody holds a lock in its schema now' : `${plural(total, 'session')} ${total === 1 ? 'holds' : 'hold'} locks in its schema`
}

/** What the item does meanwhile. */
export const blockedSentence = ({ standing, own, failed }: Pick<ItemBlockers, 'standing' | 'own' | 'failed'>): string => {
  if (failed !== null) return 'It has failed: its last attempt met a lock as well. Try it again once nobody is in its way.'
  if (standing !== 'waits') return 'Its last attempt met a lock, so it was put aside and is tried again by itself.'
  const what = own?.waitsFor ? describeLock(own.waitsFor) : 'a lock'
  const since = typeof own?.queryMs === 'number' ? ` Its statement has taken ${formatDuration(Math.max(0, own.queryMs))} so far.` : ''
  if (!own?.building) return `It waits for ${what}.${since}`
  const { phase, done, total } = own.building
  return `CREATE INDEX CONCURRENTLY is ${phase}: ${olderTransactions(done, total)}, whichever tenant ${total === 1 ? 'it looks' : 'they look'} at.${since}`
}

const have = (n: number): string => (n === 1 ? 'has' : 'have')

/** What stands between a concurrent build and its index. */
const olderTransactions = (done: number, total: number): string => {
  const left = Math.max(0, total - done)
  const of = plural(total, 'older transaction')
  if (done === 0) return `${of} ${have(total)} to end first`
  return `${done} of ${of} ${have(done)} ended${left === 0 ? '' : `, ${left} ${have(left)} to end first`}`
}

/** Whom it blocks, as the chain goes: the item, or others that stand before it. */
export const blocksWhom = ({ pid, depth }: BlockingSession, all: readonly BlockingSession[]): string => {
  if (depth === 0) return 'blocks this item'
  const whom = all.filter(({ waitsFor }) => waitsFor.includes(pid)).map((session) => session.pid)
  return whom.length === 0 ? 'stands further back' : `blocks ${whom.join(', ')}`
}

export const sessionName = ({ pid, application }: Pick<BlockingSession, 'pid' | 'application'>): string =>
  application || (pid === 0 ? 'prepared transaction' : 'no application name')

/** Who held locks when an attempt gave up, in a line. */
export const holderText = (holder: LockHolder): string => [describeHolder(holder), ...ageOf(holder.transactionMs, 'in its transaction for')].join(', ')

const ageOf = (ms: number | null, what: string): readonly string[] => (ms === null ? [] : [`${what} ${formatDuration(Math.max(0, ms))}`])

/** Who it is and how long it has been at it, most useful first. */
export const sessionFacts = (session: BlockingSession): readonly string[] => {
  const { pid, user, client, backend, state, transactionMs, queryMs, waitEvent, waitsFor } = session
  const isActive = state === 'active'
  return [
    ...(user === null ? [] : [`user ${user}${client === null ? '' : ` from ${client}`}`]),
    ...(backend === null || backend === 'client backend' ? [] : [backend]),
    ...ageOf(transactionMs, 'in its transaction for'),
    ...(isActive ? ageOf(queryMs, 'in its query for') : ageOf(queryMs, 'its last query began').map((age) => `${age} ago`)),
    ...(isActive && waitEvent !== null && waitsFor.length === 0 ? [`waits: ${waitEvent}`] : []),
    ...(waitsFor.length === 0 ? [] : [`waits for ${waitsFor.map((other) => (other === 0 ? 'a prepared transaction' : other)).join(', ')}`]),
    ...(pid !== 0 && isHiddenSession(session) ? ['the rest is hidden from the console’s role'] : []),
  ]
}

export type StopWords = { readonly title: string; readonly body: string; readonly label: string; readonly done: string }

export const stopWords = (stop: BlockerStop, session: Pick<BlockingSession, 'pid' | 'application'>): StopWords => {
  const who = `Session ${session.pid} (${sessionName(session)})`
  return stop === 'cancel'
    ? {
        title: `Cancel the query of session ${session.pid}?`,
        body: `${who} gets an error for the query that it runs, and its transaction comes to nothing. It stays connected and may try again.`,
        label: 'Cancel its query',
        done: `Session ${session.pid} was told to cancel its query.`,
      }
    : {
        title: `Terminate session ${session.pid}?`,
        body: `${who} loses its connection. What it has not committed is rolled back. Most applications connect anew by themselves.`,
        label: 'Terminate the session',
        done: `Session ${session.pid} was told to end.`,
      }
}
