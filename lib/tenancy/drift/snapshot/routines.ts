/** Functions, procedures, aggregates. */
import { withOwnMark } from '../own-name.ts'
import { comment, common, since } from './catalog.ts'
import { commonFacts, type Common, type Names } from './names.ts'
import { settingText } from './normalise.ts'
import { flag, objectOf, part, type Loose } from './part.ts'

type RoutineFact = Common & {
  readonly name: string
  readonly kind: string
  readonly types: string
  readonly arguments: string
  readonly returns: string | null
  readonly language: string
  readonly source: string
  readonly library: string | null
  readonly sqlBody: string | null
  readonly volatility: string
  readonly strict: boolean
  readonly securityDefiner: boolean
  readonly leakproof: boolean
  readonly parallel: string
  readonly cost: number
  readonly rows: number
  readonly returnsSet: boolean
  readonly config: readonly string[] | null
  readonly support: string | null
  readonly transforms: string | null
  readonly aggregate: Readonly<Record<string, string | number | boolean | null>> | null
}

const volatilities: Readonly<Record<string, string>> = { i: 'immutable', s: 'stable' }
const parallels: Readonly<Record<string, string>> = { s: 'safe', r: 'restricted' }
const isNative = (language: string): boolean => language === 'c' || language === 'internal'

const structureOf = (fact: RoutineFact, names: Names): Loose => ({
  arguments: fact.arguments === '' ? undefined : fact.arguments,
  returns: fact.returns,
  volatility: volatilities[fact.volatility],
  strict: flag(fact.strict),
  securityDefiner: flag(fact.securityDefiner),
  leakproof: flag(fact.leakproof),
  parallel: parallels[fact.parallel],
  cost: fact.cost === (isNative(fact.language) ? 1 : 100) ? undefined : fact.cost,
  rows: fact.rows === (fact.returnsSet ? 1000 : 0) ? undefined : fact.rows,
  config: (fact.config ?? []).map((setting) => settingText(setting, names)).toSorted(),
  support: fact.support,
  transforms: fact.transforms,
})

const objectKinds = { a: 'aggregate', p: 'procedure' } as const
const kindOf = (kind: string): 'function' | 'procedure' | 'aggregate' => (kind === 'a' || kind === 'p' ? objectKinds[kind] : 'function')

const routine = (name: string): string => `NULLIF(g.${name}, 0)::regproc::text`

/** As `CREATE AGGREGATE` names them. */
export const aggregate = `CASE WHEN pro.prokind = 'a' THEN (SELECT json_build_object('kind', g.aggkind, 'direct', g.aggnumdirectargs,
      'sfunc', g.aggtransfn::regproc::text, 'stype', format_type(g.aggtranstype, NULL), 'sspace', NULLIF(g.aggtransspace, 0), 'finalfunc', ${routine('aggfinalfn')}, 'finalfuncExtra', g.aggfinalextra, 'finalfuncModify', g.aggfinalmodify,
      'combinefunc', ${routine('aggcombinefn')}, 'serialfunc', ${routine('aggserialfn')}, 'deserialfunc', ${routine('aggdeserialfn')}, 'initcond', g.agginitval,
      'msfunc', ${routine('aggmtransfn')}, 'minvfunc', ${routine('aggminvtransfn')}, 'mstype', CASE WHEN g.aggmtranstype <> 0 THEN format_type(g.aggmtranstype, NULL) END, 'msspace', NULLIF(g.aggmtransspace, 0),
      'mfinalfunc', ${routine('aggmfinalfn')}, 'mfinalfuncExtra', g.aggmfinalextra, 'mfinalfuncModify', g.aggmfinalmodify, 'minitcond', g.aggminitval, 'sortop', NULLIF(g.aggsortop, 0)::regoperator::text)
      FROM pg_aggregate g WHERE g.aggfnoid = pro.oid) END`

const aggregateFields = (fields: NonNullable<RoutineFact['aggregate']>): Loose =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value === false || (name === 'direct' && value === 0) ? undefined : value]))

export const routines = part<RoutineFact>(
  'routine',
  (version) => `SELECT json_build_object('name', pro.proname, 'kind', pro.prokind, ${common('pro.proowner', 'pro.proacl', 'f', comment('pg_proc', 'pro.oid'))},
    'types', oidvectortypes(pro.proargtypes), 'arguments', pg_get_function_arguments(pro.oid), 'returns', pg_get_function_result(pro.oid),
    'language', (SELECT l.lanname FROM pg_language l WHERE l.oid = pro.prolang), 'source', pro.prosrc, 'library', pro.probin,
    'sqlBody', ${version >= since.sqlBodies ? 'pg_get_function_sqlbody(pro.oid)' : 'NULL'},
    'volatility', pro.provolatile, 'strict', pro.proisstrict, 'securityDefiner', pro.prosecdef, 'leakproof', pro.proleakproof, 'parallel', pro.proparallel,
    'cost', pro.procost, 'rows', pro.prorows, 'returnsSet', pro.proretset, 'config', pro.proconfig, 'support', NULLIF(pro.prosupport::oid, 0)::regproc::text,
    'transforms', (SELECT string_agg(format_type(t.type, NULL), ', ' ORDER BY t.place) FROM unnest(pro.protrftypes) WITH ORDINALITY AS t(type, place)),
    'aggregate', ${aggregate}) AS fact
    FROM pro`,
  (fact, names) => ({
    objects: [
      objectOf(kindOf(fact.kind), '', `${fact.name}(${fact.types})`, {
        ...commonFacts(fact, names),
        structure: {
          ...structureOf(fact, names),
          ...(fact.aggregate
            ? aggregateFields(fact.aggregate)
            : {
                language: fact.language,
                body: fact.sqlBody ?? withOwnMark(fact.source, names.schema, fact),
                library: fact.library,
                window: flag(fact.kind === 'w'),
              }),
        },
      }),
    ],
  }),
)
