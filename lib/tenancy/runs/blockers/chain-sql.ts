/** The questions to the tenants' server. Both stand on one chain of waits, so that what may be stopped is just what is shown. */
import type { BlockerStop } from '../../contract/blockers.ts'
import { maxIdentifierBytes, quoteLiteral } from '../../sql/ident.ts'
import type { ItemPlace } from './item-place.ts'

type Aim = Pick<ItemPlace, 'schema' | 'names' | 'isAside' | 'only' | 'ours'>

/** Somebody who waits for somebody who waits … beyond that nobody reads on. */
const maxDepth = 8
const maxSessions = 50
const maxQuery = 2_000

/** PostgreSQL cuts an application name and masks what is not ASCII; then a lock in the schema must tell the backend apart from a namesake's. */
const isInFlight = (flight: string): string => {
  const plain = /^[ -~]*/.exec(flight)?.[0] ?? ''
  if (plain.length === flight.length && flight.length < maxIdentifierBytes) return `a.application_name = ${quoteLiteral(flight)}`
  return `starts_with(a.application_name, ${quoteLiteral(plain)}) AND EXISTS (SELECT FROM here h WHERE h.pid = a.pid)`
}

/** A history is read under the conductor's name, and together with others': whoever waits for a table of this schema waits for this item. */
const isOwn = ({ flight, conductor }: NonNullable<Aim['names']>): string =>
  `(${isInFlight(flight)} OR a.application_name = ${quoteLiteral(conductor)} AND EXISTS (SELECT FROM here h WHERE h.pid = a.pid AND NOT h.granted))`

/** Of an item that was put aside a try may have begun or ended between two of the server's views: by its name it is not found, by its locks it is. It is in nobody's way. */
const isOfConductor = ({ conductor }: NonNullable<Aim['names']>): string =>
  `(a.application_name = ${quoteLiteral(conductor)} OR starts_with(a.application_name, ${quoteLiteral(`${conductor} `)}))`

const isOurs = (ours: string): string => `starts_with(a.application_name, ${quoteLiteral(ours)})`
const startText = `to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
const msSince = (moment: string): string => `round(extract(epoch FROM clock_timestamp() - ${moment}) * 1000)::bigint`
/** A prepared transaction has no session that could be told from another one. */
const isAmong = (only: Aim['only']): string =>
  only === null
    ? 'true'
    : `(h.pid, coalesce(${startText}, '')) IN (${only.map(({ pid, backendStart }) => `(${pid}, ${quoteLiteral(backendStart ?? '')})`).join(', ')})`
const lockJson = (lock: string, relation: string): string => `json_build_object('kind', ${lock}.locktype, 'mode', ${lock}.mode, 'relation', ${relation})`

/** As PostgreSQL decides it: what has no user counts as a superuser's, but for autovacuum's workers, which from 18 on have a role of their own for this. */
const lacks = `CASE
    WHEN a.pid IS NULL OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN NULL
    WHEN a.backend_type = 'autovacuum worker' AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_signal_autovacuum_worker' AND pg_has_role(oid, 'USAGE')) THEN NULL
    WHEN coalesce((SELECT rolsuper FROM pg_roles WHERE oid = a.usesysid), true) THEN 'superuser'
    WHEN NOT pg_has_role(a.usesysid, 'USAGE') AND NOT pg_has_role('pg_signal_backend', 'USAGE') THEN 'pg_signal_backend' END`

/**
 * `found` are those in the way with their distance, `own` the item's backend. An item that was put aside may be trying again, and not be held up yet, in the very moment
 * in which somebody ends what was seen in its way. pg_blocking_pids stops the lock manager for a moment, so it is asked once for each that
 * waits; pg_locks says who does, also to a role that may not look into pg_stat_activity. The look itself has a snapshot, for which CREATE INDEX CONCURRENTLY waits too.
 */
const chain = ({ schema, names, isAside, only }: Aim): string => `
WITH RECURSIVE locks AS MATERIALIZED (
  SELECT coalesce(pid, 0) AS pid, locktype, database, relation, mode, granted FROM pg_locks),
here AS MATERIALIZED (
  SELECT l.pid, l.locktype, l.mode, l.granted, c.relname, c.relkind FROM locks l
  CROSS JOIN LATERAL (SELECT relname, relkind FROM pg_class WHERE oid = l.relation AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = ${quoteLiteral(schema)}) LIMIT 1) c
  WHERE l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())),
activity AS MATERIALIZED (
  SELECT pid, datname, leader_pid, usesysid, usename, coalesce(application_name, '') AS application_name, client_addr, backend_type, backend_start, xact_start, query_start, state, wait_event_type, wait_event, query
  FROM pg_stat_activity),
own AS MATERIALIZED (
  SELECT a.pid FROM activity a WHERE a.datname = current_database() AND ${names === null ? 'false' : isOwn(names)}),
waits AS MATERIALIZED (
  SELECT w.pid, pg_blocking_pids(w.pid) AS blockers FROM (SELECT DISTINCT pid FROM locks WHERE NOT granted AND pid <> 0) w),
seeds AS (
  SELECT b AS pid FROM own JOIN waits w ON w.pid = own.pid CROSS JOIN LATERAL unnest(w.blockers) b
  UNION
  SELECT coalesce(a.leader_pid, h.pid) FROM here h LEFT JOIN activity a ON a.pid = h.pid
  WHERE ${isAside} AND ${isAmong(only)} AND h.granted AND NOT EXISTS (SELECT FROM own JOIN waits w ON w.pid = own.pid)
    AND NOT coalesce(${names === null ? 'false' : isOfConductor(names)}, false)),
chain AS (
  SELECT pid, 0 AS depth FROM seeds
  UNION
  SELECT b, c.depth + 1 FROM chain c JOIN waits w ON w.pid = c.pid CROSS JOIN LATERAL unnest(w.blockers) b WHERE c.depth < ${maxDepth}),
found AS MATERIALIZED (
  SELECT pid, min(depth) AS depth FROM chain WHERE pid <> pg_backend_pid() AND pid NOT IN (SELECT pid FROM own) GROUP BY pid)`

const ownJson = `
  SELECT json_build_object('pid', a.pid, 'isWaiting', w.pid IS NOT NULL, 'queryMs', ${msSince('a.query_start')},
    'waitsFor', (SELECT ${lockJson('l', '(SELECT relname FROM here h WHERE h.pid = l.pid AND NOT h.granted LIMIT 1)')} FROM locks l WHERE l.pid = a.pid AND NOT l.granted LIMIT 1),
    'building', (SELECT json_build_object('phase', p.phase, 'done', p.lockers_done, 'total', p.lockers_total) FROM pg_stat_progress_create_index p WHERE p.pid = a.pid AND p.lockers_total > 0 LIMIT 1))
  FROM own JOIN activity a ON a.pid = own.pid LEFT JOIN waits w ON w.pid = own.pid ORDER BY w.pid IS NULL LIMIT 1`

/** A row of `found f` with its `activity a`. */
const sessionJson = (ours: string): string => `json_build_object(
    'pid', f.pid, 'depth', f.depth, 'backendStart', ${startText}, 'waitsFor', coalesce((SELECT to_json(w.blockers) FROM waits w WHERE w.pid = f.pid), '[]'),
    'application', CASE WHEN f.pid = 0 THEN coalesce((SELECT string_agg(gid, ', ') FROM pg_prepared_xacts), '') ELSE coalesce(a.application_name, '') END,
    'user', a.usename, 'client', host(a.client_addr), 'backend', a.backend_type, 'state', a.state, 'waitEvent', a.wait_event_type || ': ' || a.wait_event,
    'transactionMs', ${msSince('a.xact_start')}, 'queryMs', ${msSince('a.query_start')},
    'query', CASE WHEN a.backend_start IS NOT NULL THEN nullif(left(a.query, ${maxQuery}), '') END,
    'holds', coalesce((SELECT json_agg(${lockJson('h', 'h.relname')}) FROM (SELECT DISTINCT h.locktype, h.mode, h.relname FROM here h WHERE h.pid = f.pid AND h.granted AND h.relkind NOT IN ('i', 'I') ORDER BY h.relname LIMIT 5) h), '[]'),
    'isOurs', coalesce(${isOurs(ours)}, false), 'lacks', ${lacks})`

/** One row with one column `seen`: own, sessions and their number. */
export const blockersQuery = (aim: Aim): string => `${chain(aim)}
SELECT json_build_object('own', (${ownJson}), 'total', (SELECT count(*) FROM found), 'sessions', (
  SELECT coalesce(json_agg(s.session), '[]') FROM (
    SELECT ${sessionJson(aim.ours)} AS session FROM found f LEFT JOIN activity a ON a.pid = f.pid
    ORDER BY f.depth, a.xact_start NULLS LAST, f.pid LIMIT ${maxSessions}) s))::text AS seen`

export const stopVerdicts = ['gone', 'ours', 'not_blocking', 'idle', 'sent'] as const
export type StopVerdict = (typeof stopVerdicts)[number]

const signals: Readonly<Record<BlockerStop, string>> = { cancel: 'pg_cancel_backend', terminate: 'pg_terminate_backend' }

/**
 * Signals the session in the statement that finds it still the same one, still in the way and none of Tenantry's own; one row with one column `seen`: the verdict
 * and what the session was. CASE comes to the signal only where nothing spoke against it.
 */
export const stopQuery = (aim: Aim, stop: BlockerStop, pid: number, backendStart: string): string => `${chain(aim)},
verdict AS MATERIALIZED (
  SELECT CASE WHEN a.pid IS NULL OR ${startText} IS DISTINCT FROM ${quoteLiteral(backendStart)} THEN 'gone'
    WHEN ${isOurs(aim.ours)} THEN 'ours' WHEN f.pid IS NULL THEN 'not_blocking'
    WHEN ${stop === 'cancel'} AND a.state IS DISTINCT FROM 'active' THEN 'idle' ELSE 'sent' END AS verdict,
    CASE WHEN f.pid IS NOT NULL THEN ${sessionJson(aim.ours)} END AS session
  FROM (SELECT ${pid} AS pid) p LEFT JOIN activity a ON a.pid = p.pid LEFT JOIN found f ON f.pid = p.pid)
SELECT json_build_object('session', session,
  'verdict', CASE WHEN verdict <> 'sent' THEN verdict WHEN ${signals[stop]}(${pid}) THEN 'sent' ELSE 'gone' END)::text AS seen FROM verdict`

/** One row: whose session it is, and who may signal it. */
export const ownerQuery = (pid: number): string =>
  `SELECT current_user::text AS "user", a.usename::text AS owner, coalesce(r.rolsuper, true)::text AS "isSuper" FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid WHERE a.pid = ${pid}`
