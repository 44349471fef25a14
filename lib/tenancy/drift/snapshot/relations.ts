/** Tables with their columns, sequences, views. */
import { collation, comment, common, rights, since, tablespace } from './catalog.ts'
import { commonFacts, privilegesOf, type Common, type Rights } from './names.ts'
import { optionsOf } from './normalise.ts'
import { flag, objectOf, part } from './part.ts'
import { viewText } from './view-text.ts'
import { sequenceFacts, sequenceOptions, sequenceSql, type SequenceFact } from './sequence-options.ts'

const relationCommon = (kind: string): string => common('rel.relowner', 'rel.relacl', kind, comment('pg_class', 'rel.oid'))

/** What a table is kept in. */
type Kept = {
  readonly options: readonly string[] | null
  readonly toast: readonly string[] | null
  readonly tablespace: string | null
  readonly method: string | null
}

const keptSql = `'options', rel.reloptions, 'toast', (SELECT o.reloptions FROM pg_class o WHERE o.oid = rel.reltoastrelid), 'tablespace', ${tablespace('rel.reltablespace')},
    'method', (SELECT NULLIF(a.amname, 'heap') FROM pg_am a WHERE a.oid = rel.relam)`

const keptFacts = ({ options, toast, tablespace, method }: Kept) => ({
  options: [...optionsOf(options), ...optionsOf(toast).map((option) => `toast.${option}`)],
  tablespace,
  method,
})

type TableFact = Common &
  Kept & {
    readonly name: string
    readonly unlogged: boolean
    readonly partitionBy: string | null
    readonly parents: readonly string[] | null
    readonly bound: string | null
    readonly detaching: boolean
    readonly ofType: string | null
    readonly rowSecurity: boolean
    readonly forceRowSecurity: boolean
    readonly identity: string
    readonly identityIndex: string | null
    readonly server: string | null
    readonly serverOptions: readonly string[] | null
    readonly columns: readonly string[] | null
  }

const replicaIdentity = ({ identity, identityIndex }: TableFact): string | undefined => {
  if (identity === 'n') return 'nothing'
  if (identity === 'f') return 'full'
  return identity === 'i' ? `index ${identityIndex ?? 'that is gone'}` : undefined
}

const tables = part<TableFact>(
  'table',
  (version) => `SELECT json_build_object('name', rel.relname, ${relationCommon('r')}, ${keptSql},
    'unlogged', rel.relpersistence = 'u', 'partitionBy', pg_get_partkeydef(rel.oid),
    'parents', (SELECT json_agg(i.inhparent::regclass::text ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = rel.oid),
    'detaching', ${version >= since.detaching ? 'EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = rel.oid AND i.inhdetachpending)' : 'false'},
    'bound', pg_get_expr(rel.relpartbound, rel.oid), 'ofType', CASE WHEN rel.reloftype <> 0 THEN format_type(rel.reloftype, NULL) END,
    'rowSecurity', rel.relrowsecurity, 'forceRowSecurity', rel.relforcerowsecurity, 'identity', rel.relreplident,
    'identityIndex', (SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = rel.oid AND i.indisreplident),
    'server', (SELECT s.srvname FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = rel.oid),
    'serverOptions', (SELECT f.ftoptions FROM pg_foreign_table f WHERE f.ftrelid = rel.oid),
    'columns', (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped)) AS fact
    FROM rel WHERE rel.relkind IN ('r', 'p', 'f')`,
  (fact, names) => {
    const isPartition = fact.bound !== null
    return {
      objects: [
        objectOf('table', '', fact.name, {
          ...commonFacts(fact, names),
          structure: {
            unlogged: flag(fact.unlogged),
            partitionBy: fact.partitionBy,
            partitionOf: isPartition ? fact.parents?.[0] : undefined,
            bound: fact.bound,
            detaching: flag(fact.detaching),
            inherits: isPartition ? undefined : (fact.parents ?? undefined),
            ofType: fact.ofType,
            rowSecurity: flag(fact.rowSecurity),
            forceRowSecurity: flag(fact.forceRowSecurity),
            replicaIdentity: replicaIdentity(fact),
            server: fact.server,
            serverOptions: fact.serverOptions?.toSorted(),
          },
          order: { columns: fact.columns },
          storage: keptFacts(fact),
        }),
      ],
    }
  },
)

type ColumnFact = {
  readonly of: string
  readonly name: string
  readonly type: string
  readonly notNull: boolean
  readonly expression: string | null
  readonly identity: string
  readonly sequence: (SequenceFact & { readonly rights: Rights; readonly comment: string | null }) | null
  readonly generated: string
  readonly collation: string | null
  readonly inherited: boolean
  readonly local: boolean
  readonly serverOptions: readonly string[] | null
  readonly storage: string | null
  readonly compression: string
  readonly statistics: number
  readonly options: readonly string[] | null
  readonly rights: Rights
  readonly comment: string | null
}

const storages: Readonly<Record<string, string>> = { p: 'plain', e: 'external', m: 'main', x: 'extended' }
const compressions: Readonly<Record<string, string>> = { p: 'pglz', l: 'lz4' }
const identities: Readonly<Record<string, string>> = { a: 'always', d: 'by default' }
const generations: Readonly<Record<string, string>> = { s: 'stored', v: 'virtual' }

/** The sequence of an identity column is the column's own: found by its dependency. */
const identitySequence = `CASE WHEN a.attidentity <> '' THEN (
      SELECT json_build_object(${sequenceSql('s')}, 'rights', ${rights('q.relacl', 's', 'q.relowner')}, 'comment', ${comment('pg_class', 'q.oid')})
      FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid JOIN pg_class q ON q.oid = s.seqrelid
      WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.classid = 'pg_class'::regclass AND d.deptype = 'i' LIMIT 1) END`

const columns = part<ColumnFact>(
  'column',
  (version) => `SELECT json_build_object('of', rel.relname, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
    'expression', pg_get_expr(f.adbin, f.adrelid), 'identity', a.attidentity, 'sequence', ${identitySequence}, 'generated', a.attgenerated, 'collation', ${collation('a.attcollation', 'a.atttypid')},
    'inherited', a.attinhcount > 0, 'local', a.attislocal, 'serverOptions', a.attfdwoptions,
    'storage', (SELECT a.attstorage FROM pg_type t WHERE t.oid = a.atttypid AND t.typstorage <> a.attstorage), 'compression', ${version >= since.compression ? 'a.attcompression' : "''"},
    'statistics', coalesce(a.attstattarget, -1), 'options', a.attoptions, 'rights', ${rights('a.attacl', 'c', 'rel.relowner')}, 'comment', ${comment('pg_class', 'rel.oid', 'a.attnum')}) AS fact
    FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
    WHERE rel.relkind IN ('r', 'p', 'f', 'v', 'm')`,
  (fact, names) => ({
    objects: [
      objectOf('column', fact.of, fact.name, {
        structure: {
          type: fact.type,
          nullable: fact.notNull ? false : undefined,
          default: fact.generated === '' ? fact.expression : undefined,
          identity: identities[fact.identity],
          identityOptions: fact.sequence ? sequenceOptions(fact.sequence, fact.type) : undefined,
          generated: fact.generated === '' ? undefined : `${generations[fact.generated] ?? fact.generated} ${fact.expression ?? ''}`,
          collation: fact.collation,
          inherited: flag(fact.inherited),
          local: flag(fact.inherited && fact.local),
          serverOptions: fact.serverOptions?.toSorted(),
        },
        storage: {
          storage: fact.storage === null ? undefined : (storages[fact.storage] ?? fact.storage),
          compression: compressions[fact.compression],
          statistics: fact.statistics < 0 ? undefined : fact.statistics,
          options: optionsOf(fact.options),
        },
        comments: { comment: fact.comment, sequenceComment: fact.sequence?.comment },
        grants: { privileges: privilegesOf(fact.rights, names), sequencePrivileges: fact.sequence ? privilegesOf(fact.sequence.rights, names) : undefined },
      }),
    ],
  }),
)

type OwnSequenceFact = Common & SequenceFact & { readonly name: string; readonly unlogged: boolean; readonly ownedBy: string | null }

const sequences = part<OwnSequenceFact>(
  'sequence',
  () => `SELECT json_build_object('name', rel.relname, ${relationCommon('s')}, ${sequenceSql('s')}, 'unlogged', rel.relpersistence = 'u',
    'ownedBy', (SELECT d.refobjid::regclass::text || '.' || quote_ident(a.attname) FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
      WHERE d.classid = 'pg_class'::regclass AND d.objid = rel.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a' LIMIT 1)) AS fact
    FROM rel JOIN pg_sequence s ON s.seqrelid = rel.oid
    WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = rel.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i')`,
  (fact, names) => ({
    objects: [
      objectOf('sequence', '', fact.name, {
        ...commonFacts(fact, names),
        structure: { ...sequenceFacts(fact), ownedBy: fact.ownedBy, unlogged: flag(fact.unlogged) },
      }),
    ],
  }),
)

type ViewFact = Common &
  Kept & { readonly name: string; readonly isMaterialized: boolean; readonly definition: string; readonly isPopulated: boolean; readonly server: number }

const views = part<ViewFact>(
  'view',
  () => `SELECT json_build_object('name', rel.relname, ${relationCommon('r')}, ${keptSql}, 'isMaterialized', rel.relkind = 'm', 'definition', pg_get_viewdef(rel.oid), 'isPopulated', rel.relispopulated, 'server', current_setting('server_version_num')::int) AS fact
    FROM rel WHERE rel.relkind IN ('v', 'm')`,
  (fact, names) => {
    const definition = viewText(fact.definition, fact.server)
    const common = commonFacts(fact, names)
    return {
      objects: [
        fact.isMaterialized
          ? objectOf('materialized_view', '', fact.name, {
              ...common,
              structure: { definition, unpopulated: flag(!fact.isPopulated) },
              storage: keptFacts(fact),
            })
          : objectOf('view', '', fact.name, { ...common, structure: { definition, options: optionsOf(fact.options) } }),
      ],
    }
  },
)

export const relations = [tables, columns, sequences, views]
