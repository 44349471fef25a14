/** The messages that build a schema from nothing: one transaction with role, rights, history and migrations, up to where it is committed or rolled back. */
import { quoteIdent, quoteLiteral } from '../sql/ident.ts'
import { beginMessage, historyRowOf, searchPathOf, type Message, type Scene } from './apply.ts'
import type { ErrorPlace } from './attempt-error.ts'
import { createHistory, insertHistory } from './history.ts'
import { insideTransaction } from './statement-kinds.ts'
import type { ExecutableMigration } from './types.ts'

export const nowhere: ErrorPlace = { version: null, file: null, statement: null }
export const plain = (text: string): Message => ({ text, place: nowhere })

export const roleComment = 'Made by Tenantry for one tenant; rights on that tenant’s schemas only.'

/** The tenant's role may use what is in its schema and whatever migrations add later, but not its history. */
export const tenantGrants = (schema: string, role: string): string[] => {
  const s = quoteIdent(schema)
  const r = quoteIdent(role)
  return [
    `GRANT USAGE ON SCHEMA ${s} TO ${r}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${s} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${r}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${s} GRANT USAGE, SELECT ON SEQUENCES TO ${r}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${s} GRANT EXECUTE ON FUNCTIONS TO ${r}`,
  ]
}

export const createRole = (role: string): string[] => [
  `CREATE ROLE ${quoteIdent(role)} NOLOGIN`,
  `COMMENT ON ROLE ${quoteIdent(role)} IS ${quoteLiteral(roleComment)}`,
]

/**
 * What COMMIT does between two migrations of a rollout: deferred constraints are checked, else their pending events would refuse the next ALTER TABLE. By name,
 * because ALL would also hold for constraints that are made later, and nothing in a transaction takes that back.
 */
const checkDeferred = (schema: string): string =>
  `DO ${quoteLiteral(`DECLARE names text;
BEGIN
  SELECT string_agg(DISTINCT format('%I.%I', n.nspname, c.conname), ', ') INTO names
  FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
  WHERE n.nspname = ${quoteLiteral(schema)} AND c.condeferred
    AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.connamespace = c.connamespace AND o.conname = c.conname AND NOT o.condeferrable);
  IF names IS NOT NULL THEN
    EXECUTE 'SET CONSTRAINTS ' || names || ' IMMEDIATE';
    EXECUTE 'SET CONSTRAINTS ' || names || ' DEFERRED';
  END IF;
END`)}`

/** The catalog has no index by which a schema's constraints are found, so it is not asked where nothing could have been deferred. */
const mayDefer = (migration: ExecutableMigration): boolean => migration.statements.some(({ text }) => /deferred/i.test(text))

const messagesOf = (schema: string, run: number | null, migration: ExecutableMigration, isDeferring: boolean): Message[] => {
  const place: ErrorPlace = { version: migration.version, file: migration.file, statement: null }
  const body = migration.statements.flatMap((statement): Message[] => {
    const text = insideTransaction(statement)
    return text === null ? [] : [{ text, place: { ...place, statement } }]
  })
  const record = insertHistory(schema, [historyRowOf(migration, run)])
  return [{ text: isDeferring ? `${checkDeferred(schema)}; ${record}` : record, place }, ...body]
}

/** For each migration what is sent for it, in order. */
export const migrationMessages = (migrations: readonly ExecutableMigration[], { schema, run }: Scene): Message[][] => {
  const firstDeferring = migrations.findIndex(mayDefer)
  return migrations.map((migration, index) => messagesOf(schema, run, migration, firstDeferring !== -1 && index > firstDeferring))
}

/** All that comes before the first migration. @param role null: nobody but the owner has rights */
export const openingMessages = (scene: Scene, role: { readonly name: string; readonly exists: boolean } | null): Message[] => [
  plain(beginMessage(scene)),
  ...(role === null || role.exists ? [] : createRole(role.name).map(plain)),
  plain(`CREATE SCHEMA ${quoteIdent(scene.schema)}`),
  plain(createHistory(scene.schema)),
  ...(role === null ? [] : tenantGrants(scene.schema, role.name).map(plain)),
  plain(`SET LOCAL search_path = ${searchPathOf(scene)}`),
]
