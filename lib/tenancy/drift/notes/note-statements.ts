/**
 * What is put into a database that notes changes of structure: a schema, a table, a function, two event triggers. The function runs inside everybody's DDL, so it
 * - hands on no error of its own, and waits a tenth of a second for a lock at the longest;
 * - tells nobody: NOTIFY would forbid PREPARE TRANSACTION, hold up other commits, and could fail them when its queue is full;
 * - reads no notes in serializable transactions, which would fail by it; and keeps no more than `notesKept`, whether anybody reads them or not;
 * - notes what a statement was about and not its text, which may hold a tenant's values.
 */
import { notesSchemaPrefix } from '../../contract/slug.ts'
import { budgetPrefix } from '../../control/installation.ts'
import { quoteIdent, quoteLiteral, quoteQualified } from '../../sql/ident.ts'

const notesKept = 10_000
/** Long lists of objects are cut. */
const objectLength = 200

export const notesSchema = (installation: string): string => `${notesSchemaPrefix}${installation}`
const triggersOf = (installation: string) => ({ changed: `${notesSchema(installation)}_changed`, dropped: `${notesSchema(installation)}_dropped` })

/** Objects that stand in no schema themselves, or are one, have its name in front of their address. */
const placed = (kind: string, names: string): string => `CASE WHEN ${kind} IN ('schema', 'trigger', 'policy', 'rule') THEN (${names})[1] END`

/** What a statement was about: schema, object, and whether the statement named it itself. */
const changedObjects = `SELECT coalesce(c.schema_name, ${placed('c.object_type', '(pg_identify_object_as_address(c.classid, c.objid, c.objsubid)).object_names')}) AS place,
        c.object_identity AS object, c.command_tag = tg_tag AS named FROM pg_event_trigger_ddl_commands() c WHERE NOT c.in_extension`
/** In order of the drops: the first of a schema that is dropped whole is the schema. */
const droppedObjects = `SELECT coalesce(d.schema_name, ${placed('d.object_type', 'd.address_names')}) AS place, d.object_identity AS object, d.original AS named
        FROM pg_event_trigger_dropped_objects() d WHERE NOT d.is_temporary`

/** Schemas of targets are those that hold a history, or held it before this statement. */
const holdsHistory = (wasDropped: string): string =>
  `(EXISTS (SELECT FROM pg_class h JOIN pg_namespace n ON n.oid = h.relnamespace WHERE n.nspname = o.place AND h.relname = 'tenantry_history')${wasDropped})`

const insertNotes = (table: string, objects: string, wasDropped: string): string => `
      WITH o AS (${objects}),
      noted AS (
        INSERT INTO ${table} (username, application, client, command, place, object)
        SELECT session_user, current_setting('application_name'), host(inet_client_addr()), tg_tag, o.place,
          left(string_agg(CASE WHEN starts_with(o.object, quote_ident(o.place) || '.') THEN substr(o.object, length(quote_ident(o.place)) + 2) ELSE o.object END, ', ' ORDER BY o.object), ${objectLength})
        FROM o
        WHERE o.place IS NOT NULL AND ${holdsHistory(wasDropped)} AND (o.named OR NOT EXISTS (SELECT FROM o other WHERE other.place = o.place AND other.named))
        GROUP BY o.place RETURNING id)
      SELECT max(id) INTO newest FROM noted;`

const functionOf = (schema: string, prefix: string): string => {
  const table = quoteQualified(schema, 'note')
  return `
CREATE FUNCTION ${quoteQualified(schema, 'note_changes')}() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = 100 AS $tenantry$
DECLARE newest bigint;
BEGIN
  -- What is Tenantry's own, what changes no structure, and what the other trigger notes.
  IF starts_with(current_setting('application_name'), ${quoteLiteral(prefix)}) OR tg_tag IN ('REFRESH MATERIALIZED VIEW', 'REINDEX')
    OR (tg_event = 'sql_drop' AND NOT starts_with(tg_tag, 'DROP')) THEN RETURN; END IF;
  BEGIN
    -- Temporary tables come by the thousand.
    IF tg_event = 'sql_drop' THEN
      IF NOT EXISTS (SELECT FROM pg_event_trigger_dropped_objects() d WHERE NOT d.is_temporary) THEN RETURN; END IF;${insertNotes(
        table,
        droppedObjects,
        ` OR EXISTS (SELECT FROM pg_event_trigger_dropped_objects() h WHERE h.schema_name = o.place AND h.object_type = 'table' AND h.object_name = 'tenantry_history')`,
      )}
    ELSE
      IF NOT EXISTS (SELECT FROM pg_event_trigger_ddl_commands() c WHERE c.schema_name IS DISTINCT FROM 'pg_temp') THEN RETURN; END IF;${insertNotes(table, changedObjects, '')}
    END IF;
    IF newest IS NOT NULL AND current_setting('transaction_isolation') <> 'serializable' THEN
      DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE id <= newest - ${notesKept} ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED);
    END IF;
  EXCEPTION WHEN OTHERS THEN
    NULL;
  END;
END $tenantry$`
}

/** Default privileges may have given new schemas and tables to others. */
const keepToOwner = (schema: string): string => `
DO $tenantry$ DECLARE grantee text; BEGIN
  FOR grantee IN
    SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
    FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid CROSS JOIN LATERAL (SELECT * FROM aclexplode(n.nspacl) UNION ALL SELECT * FROM aclexplode(c.relacl)) a
    WHERE n.nspname = ${quoteLiteral(schema)} AND a.grantee <> n.nspowner
  LOOP
    EXECUTE 'REVOKE ALL ON SCHEMA ' || ${quoteLiteral(quoteIdent(schema))} || ' FROM ' || grantee || ' CASCADE';
    EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA ' || ${quoteLiteral(quoteIdent(schema))} || ' FROM ' || grantee || ' CASCADE';
  END LOOP;
END $tenantry$`

/** In one transaction. */
export const installation = (id: string): readonly string[] => {
  const schema = notesSchema(id)
  const execute = `EXECUTE FUNCTION ${quoteQualified(schema, 'note_changes')}()`
  const { changed, dropped } = triggersOf(id)
  return [
    `CREATE SCHEMA ${quoteIdent(schema)}`,
    `COMMENT ON SCHEMA ${quoteIdent(schema)} IS 'Tenantry notes here which DDL others run in schemas of tenants. Switched off from its console, or with: tenantry databases notes NAME off'`,
    `CREATE TABLE ${quoteQualified(schema, 'note')} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), username text NOT NULL, ` +
      `application text NOT NULL, client text, command text NOT NULL, place text NOT NULL, object text NOT NULL)`,
    functionOf(schema, budgetPrefix(id)),
    `REVOKE ALL ON FUNCTION ${quoteQualified(schema, 'note_changes')}() FROM PUBLIC`,
    keepToOwner(schema),
    `CREATE EVENT TRIGGER ${quoteIdent(changed)} ON ddl_command_end ${execute}`,
    `CREATE EVENT TRIGGER ${quoteIdent(dropped)} ON sql_drop ${execute}`,
  ]
}

/** Two transactions, one after the other: whose DDL has found the triggers while they go still finds their function. */
export const removal = (id: string): ReadonlyArray<readonly string[]> => {
  const { changed, dropped } = triggersOf(id)
  return [
    [`DROP EVENT TRIGGER IF EXISTS ${quoteIdent(changed)}`, `DROP EVENT TRIGGER IF EXISTS ${quoteIdent(dropped)}`],
    [`DROP SCHEMA IF EXISTS ${quoteIdent(notesSchema(id))} CASCADE`],
  ]
}

/** How many of the two triggers stand and are enabled. */
export const standing = (id: string): string => {
  const { changed, dropped } = triggersOf(id)
  return `SELECT count(*)::text AS triggers FROM pg_event_trigger WHERE evtname IN (${quoteLiteral(changed)}, ${quoteLiteral(dropped)}) AND evtenabled IN ('O', 'A')`
}

export const notesAtOnce = 1_000
/** The oldest, as JSON: `[{note, at, username, …}]` */
export const unread = (id: string): string =>
  `SELECT coalesce(json_agg(n ORDER BY n.note), '[]')::text AS notes FROM (` +
  `SELECT id AS note, at, username, application, client, command, place, object FROM ${quoteQualified(notesSchema(id), 'note')} ORDER BY id LIMIT ${notesAtOnce}) n`

/** They go once they are kept elsewhere; what others are at stays for the next time. */
export const forgetting = (id: string, notes: readonly number[]): string => {
  const table = quoteQualified(notesSchema(id), 'note')
  return `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE id IN (${notes.join(', ')}) FOR UPDATE SKIP LOCKED)`
}
