import { describe, expect, it } from 'vitest'
import { blockedSentence, blockedTitle, blocksWhom, holderText, mayBeBlocked, sessionFacts, stopWords } from '../../../components/runs/blockers-model.ts'
import { blockersFor, errorFor } from '../../../lib/server/tenant-rows.ts'
import { describeLock, stopBlockerInput, whyNotStop, type AttemptError, type BlockingSession, type ItemBlockers } from '../../../lib/tenancy/contract/index.ts'

const session = (given: Partial<BlockingSession>): BlockingSession => ({
  pid: 41,
  backendStart: '2026-11-21T04:00:00.000001Z',
  depth: 0,
  waitsFor: [],
  application: 'billing',
  user: 'app',
  client: '10.0.0.7',
  backend: 'client backend',
  state: 'active',
  waitEvent: 'Client: ClientRead',
  transactionMs: 184_000,
  queryMs: 2_000,
  query: "select 'ada@customer.example'",
  holds: [],
  isOurs: false,
  lacks: null,
  ...given,
})

const lockError: AttemptError = {
  code: '55P03',
  message: 'canceling statement due to lock timeout',
  detail: null,
  hint: null,
  schema: 'tenant_a',
  table: null,
  constraint: null,
  version: '0012',
  file: '0012_c.sql',
  line: 1,
  statement: 'alter table t add column c int',
  statementLine: 1,
  offendingRowsQuery: null,
}

const found = (given: Partial<ItemBlockers>): ItemBlockers => ({
  readAt: '2026-11-21T04:00:00.000Z',
  standing: 'waits',
  own: { pid: 7, waitsFor: { kind: 'relation', mode: 'AccessExclusiveLock', relation: 'orders' }, queryMs: 1_500, building: null },
  sessions: [],
  total: 2,
  problem: null,
  failed: null,
  ...given,
})

describe('when the server is asked', () => {
  it('is while the item is on its way or comes again, in a run that is open', () => {
    expect(mayBeBlocked('running', 'running', 0)).toBe(true)
    expect(mayBeBlocked('running', 'pending', 0)).toBe(false)
    expect(mayBeBlocked('running', 'pending', 1)).toBe(true)
    expect(mayBeBlocked('paused', 'failed', 6)).toBe(true)
    expect(mayBeBlocked('failed', 'failed', 6, '23514')).toBe(false)
    expect(mayBeBlocked('failed', 'failed', 6, '55P03')).toBe(true)
    expect(mayBeBlocked('failed', 'succeeded', 6, '55P03')).toBe(false)
    expect(mayBeBlocked('running', 'succeeded', 1)).toBe(false)
  })
})

describe('the words', () => {
  it('say how many, what for and since when', () => {
    expect(blockedTitle(found({}))).toBe('Blocked by 2 sessions')
    expect(blockedTitle(found({ standing: 'aside', total: 1 }))).toBe('1 session holds locks in its schema')
    expect(blockedSentence(found({}))).toBe('It waits for ACCESS EXCLUSIVE on orders. Its statement has taken 1.5 s so far.')
    expect(blockedSentence(found({ standing: 'aside', own: null }))).toContain('put aside')
    const failed = { at: null, code: '55P03', message: 'canceling statement due to lock timeout', isLock: true, heldBy: [] }
    expect(blockedSentence(found({ standing: 'aside', own: null, failed }))).toMatch(/^It has failed: .* Try it again once nobody is in its way\.$/)
  })

  it('say who held locks when it gave up, as far as that is known', () => {
    expect(holderText(session({ state: 'idle in transaction', holds: [{ kind: 'relation', mode: 'AccessShareLock', relation: 'orders' }] }))).toBe(
      '41 billing of app from 10.0.0.7, idle in transaction, with ACCESS SHARE on orders, in its transaction for 3 min 4 s',
    )
    const bare = { pid: 0, application: 'transfer-7', user: null, client: null, state: null, transactionMs: null }
    expect(holderText(session(bare))).toBe('a prepared transaction transfer-7')
  })

  it('say of a concurrent build how many transactions it still waits for', () => {
    const said = (done: number, total: number): string => {
      const building = { phase: 'waiting for old snapshots', done, total }
      return blockedSentence(found({ own: { pid: 7, waitsFor: { kind: 'virtualxid', mode: 'ShareLock', relation: null }, queryMs: null, building } }))
    }
    const what = 'CREATE INDEX CONCURRENTLY is waiting for old snapshots'
    expect(said(0, 1)).toBe(`${what}: 1 older transaction has to end first, whichever tenant it looks at.`)
    expect(said(0, 2)).toBe(`${what}: 2 older transactions have to end first, whichever tenant they look at.`)
    expect(said(1, 3)).toBe(`${what}: 1 of 3 older transactions has ended, 2 have to end first, whichever tenant they look at.`)
    expect(said(2, 3)).toBe(`${what}: 2 of 3 older transactions have ended, 1 has to end first, whichever tenant they look at.`)
    expect(said(3, 3)).toBe(`${what}: 3 of 3 older transactions have ended, whichever tenant they look at.`)
  })

  it('follow the chain', () => {
    const near = session({ pid: 41, waitsFor: [42] })
    const far = session({ pid: 42, depth: 1 })
    expect(blocksWhom(near, [near, far])).toBe('blocks this item')
    expect(blocksWhom(far, [near, far])).toBe('blocks 41')
    expect(sessionFacts(session({ state: 'idle in transaction' }))).toContain('its last query began 2 s ago')
    expect(sessionFacts(near)).toEqual(['user app from 10.0.0.7', 'in its transaction for 3 min 4 s', 'in its query for 2 s', 'waits for 42'])
  })

  it('say what a lock is called where it is written', () => {
    expect(describeLock({ kind: 'relation', mode: 'ShareRowExclusiveLock', relation: 'orders' })).toBe('SHARE ROW EXCLUSIVE on orders')
    expect(describeLock({ kind: 'virtualxid', mode: 'ShareLock', relation: null })).toBe('the end of an older transaction')
    expect(describeLock({ kind: 'relation', mode: 'AccessShareLock', relation: null })).toBe('ACCESS SHARE on a table outside of its schema')
  })

  it('of the two deeds say what happens to whom', () => {
    expect(stopWords('cancel', session({})).body).toContain('stays connected')
    expect(stopWords('terminate', session({})).body).toContain('loses its connection')
  })
})

describe('what cannot be stopped', () => {
  it('is told why', () => {
    expect(whyNotStop(session({}), 'cancel')).toBeNull()
    expect(whyNotStop(session({ state: 'idle in transaction' }), 'cancel')).toContain('no query')
    expect(whyNotStop(session({ state: 'idle in transaction' }), 'terminate')).toBeNull()
    expect(whyNotStop(session({ isOurs: true }), 'terminate')).toContain('Tenantry')
    expect(whyNotStop(session({ backendStart: null }), 'terminate')).toContain('pg_monitor')
    expect(whyNotStop(session({ lacks: 'superuser' }), 'terminate')).toContain('only a superuser')
    expect(whyNotStop(session({ lacks: 'superuser', state: 'idle in transaction' }), 'cancel')).toContain('only a superuser')
    expect(whyNotStop(session({ lacks: 'pg_signal_backend' }), 'cancel')).toContain('grant pg_signal_backend')
    expect(whyNotStop(session({ pid: 0, backendStart: null }), 'terminate')).toContain('ROLLBACK PREPARED')
  })

  it('is anything without a reason or the start of the session', () => {
    const input = { run: 1, slug: 'acme', pid: 41, backendStart: '2026-11-21T04:00:00.000001Z', reason: 'it blocks the release' }
    expect(stopBlockerInput.safeParse(input).success).toBe(true)
    for (const wrong of [{ reason: '  a ' }, { reason: 'x'.repeat(501) }, { backendStart: '' }, { backendStart: "2026' or true" }, { pid: 0 }, { pid: 1.5 }])
      expect(stopBlockerInput.safeParse({ ...input, ...wrong }).success).toBe(false)
  })
})

describe('support', () => {
  it('sees who is in the way, and neither the query nor whose and from where', () => {
    const all = found({ sessions: [session({})] })
    expect(blockersFor('operator', all)).toBe(all)
    const [seen] = blockersFor('support', all).sessions
    expect(seen).toEqual({ ...session({}), query: null, user: null, client: null })
    const heldBy = [session({})]
    const failed = { at: null, code: '55P03', message: '', isLock: true, heldBy }
    expect(blockersFor('support', found({ failed })).failed?.heldBy).toEqual([{ ...session({}), user: null, client: null }])
    const error = { ...lockError, detail: 'Failing row contains (1)', heldBy }
    expect(errorFor('support', error)).toEqual({ ...error, detail: null, heldBy: [{ ...session({}), user: null, client: null }] })
    expect(errorFor('support', lockError)).toEqual(lockError)
  })
})
