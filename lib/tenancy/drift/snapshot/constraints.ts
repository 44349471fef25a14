/** Constraints, indexes and extended statistics: what stands beside a table's columns. */
import { comment, common, since, tablespace } from './catalog.ts'
import { commonFacts, type Common } from './names.ts'
import { optionsOf, withoutEnd, withoutOptions } from './normalise.ts'
import { flag, objectOf, part } from './part.ts'

type IndexState = {
  readonly invalid: boolean
  readonly clustered: boolean
  readonly options: readonly string[] | null
  readonly tablespace: string | null
  readonly statistics: readonly string[] | null
}

const indexState = (index: string): string =>
  `'invalid', NOT (${index}.indisvalid AND ${index}.indisready AND ${index}.indislive), 'clustered', ${index}.indisclustered, 'options', ${index}.reloptions, 'tablespace', ${tablespace(`${index}.reltablespace`)},
    'statistics', (SELECT json_agg(a.attnum || ': ' || a.attstattarget ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = ${index}.indexrelid AND a.attstattarget >= 0)`

const indexStorage = ({ options, tablespace, statistics }: IndexState) => ({ options: optionsOf(options), tablespace, statistics: statistics ?? undefined })

type ConstraintFact = {
  readonly of: string
  readonly name: string
  readonly type: string
  readonly definition: string
  /** What follows the WITH of an exclusion constraint. */
  readonly predicate: string | null
  readonly deferrable: boolean
  readonly deferred: boolean
  readonly validated: boolean
  readonly enforced: boolean
  readonly inherited: boolean
  readonly local: boolean
  readonly noInherit: boolean
  readonly triggers: readonly string[] | null
  readonly index: IndexState | null
  readonly comment: string | null
}

const types: Readonly<Record<string, string>> = { p: 'primary key', u: 'unique', f: 'foreign key', c: 'check', x: 'exclusion', n: 'not null' }

const enabledStates: Readonly<Record<string, string>> = { D: 'disabled', R: 'replica', A: 'always' }

/** Whether a constraint holds at all is told by fields of its own; the WITH of an exclusion constraint is its index's. */
const definitionOf = (fact: ConstraintFact): string => {
  const held = withoutEnd(withoutEnd(fact.definition, ' NOT VALID'), ' NOT ENFORCED')
  if (fact.type !== 'x') return held
  const when = `${fact.deferrable ? ' DEFERRABLE' : ''}${fact.deferred ? ' INITIALLY DEFERRED' : ''}`
  return `${withoutOptions(withoutEnd(held, when), fact.index?.options ?? null, fact.predicate === null ? '' : ` WHERE (${fact.predicate})`)}${when}`
}

/** From 18 on NOT NULL is a constraint with a name. Before, and where it says nothing else, it is the column's. */
const isColumns = (fact: ConstraintFact): boolean => fact.type === 'n' && fact.validated && fact.enforced && !fact.noInherit && fact.comment === null

const constraints = part<ConstraintFact>(
  'constraint',
  (version) => `SELECT json_build_object('of', con.table_name, 'name', con.conname, 'type', con.contype, 'definition', pg_get_constraintdef(con.oid),
    'predicate', (SELECT pg_get_expr(i.indpred, i.indrelid) FROM pg_index i WHERE con.contype = 'x' AND i.indexrelid = con.conindid),
    'deferrable', con.condeferrable, 'deferred', con.condeferred, 'validated', con.convalidated, 'enforced', ${version >= since.notEnforced ? 'con.conenforced' : 'true'},
    'inherited', con.coninhcount > 0, 'local', con.conislocal, 'noInherit', con.connoinherit AND con.contype IN ('c', 'n'),
    'triggers', (SELECT json_agg(DISTINCT g.tgenabled) FROM pg_trigger g WHERE g.tgconstraint = con.oid AND g.tgisinternal AND g.tgenabled <> 'O'),
    'index', (SELECT json_build_object(${indexState('ind')}) FROM ind WHERE con.contype IN ('p', 'u', 'x') AND ind.indexrelid = con.conindid),
    'comment', ${comment('pg_constraint', 'con.oid')}) AS fact
    FROM con WHERE con.contype <> 't'`,
  (fact) => ({
    objects: isColumns(fact)
      ? []
      : [
          objectOf('constraint', fact.of, fact.name, {
            structure: {
              type: types[fact.type] ?? fact.type,
              definition: definitionOf(fact),
              notValid: flag(!fact.validated && fact.enforced),
              notEnforced: flag(!fact.enforced),
              inherited: flag(fact.inherited),
              local: flag(fact.inherited && fact.local),
              triggers: fact.triggers?.map((state) => enabledStates[state] ?? state).toSorted(),
              invalid: fact.index ? flag(fact.index.invalid) : undefined,
            },
            comments: { comment: fact.comment },
            storage: fact.index ? { ...indexStorage(fact.index), clustered: flag(fact.index.clustered) } : {},
          }),
        ],
  }),
)

type IndexFact = IndexState & {
  readonly of: string
  readonly name: string
  readonly definition: string
  readonly predicate: string | null
  readonly attachedTo: string | null
  readonly comment: string | null
}

/** Printed as for people, since only then the name of the schema is left out; it loses nothing but parentheses that change nothing. */
const indexes = part<IndexFact>(
  'index',
  () => `SELECT json_build_object('of', ind.table_name, 'name', ind.index_name, 'definition', pg_get_indexdef(ind.indexrelid, 0, true), 'predicate', pg_get_expr(ind.indpred, ind.indrelid, true), ${indexState('ind')},
    'attachedTo', (SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = ind.indexrelid), 'comment', ${comment('pg_class', 'ind.indexrelid')}) AS fact
    FROM ind WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = ind.indrelid AND k.conindid = ind.indexrelid AND k.contype IN ('p', 'u', 'x'))`,
  (fact) => ({
    objects: [
      objectOf('index', fact.of, fact.name, {
        structure: {
          definition: withoutOptions(fact.definition, fact.options, fact.predicate === null ? '' : ` WHERE ${fact.predicate}`),
          invalid: flag(fact.invalid),
          attachedTo: fact.attachedTo,
        },
        comments: { comment: fact.comment },
        storage: { ...indexStorage(fact), clustered: flag(fact.clustered) },
      }),
    ],
  }),
)

type StatisticsFact = Common & { readonly name: string; readonly definition: string; readonly target: number }

/** Its own name is printed with the schema's always, and at the beginning. */
const statistics = part<StatisticsFact>(
  'statistics',
  () => `SELECT json_build_object('name', s.stxname, ${common('s.stxowner', null, '', comment('pg_statistic_ext', 's.oid'))}, 'target', coalesce(s.stxstattarget, -1),
    'definition', 'CREATE STATISTICS ' || quote_ident(s.stxname)
      || substr(pg_get_statisticsobjdef(s.oid), length('CREATE STATISTICS ' || quote_ident(here.nspname) || '.' || quote_ident(s.stxname)) + 1)) AS fact
    FROM here, dep JOIN pg_statistic_ext s ON s.oid = dep.objid WHERE dep.classid = 'pg_statistic_ext'::regclass`,
  (fact, names) => ({
    objects: [
      objectOf('statistics', '', fact.name, {
        ...commonFacts(fact, names),
        structure: { definition: fact.definition },
        storage: { statistics: fact.target < 0 ? undefined : fact.target },
      }),
    ],
  }),
)

export const beside = [constraints, indexes, statistics]
