/** The schema itself, the extensions that it lives on, and what is in it that cannot be compared. */
import { comment, common, grantsIn, isNotMadeBy, isNotOfExtension, since } from './catalog.ts'
import { commonFacts, grantLines, roleName, schemaName, type Common, type Names } from './names.ts'
import { objectOf, part } from './part.ts'

type Default = { readonly role: string; readonly kind: string; readonly grants: Parameters<typeof grantLines>[0] | null }
type SchemaFact = Common & { readonly defaults: readonly Default[] | null }

const madeThings: Readonly<Record<string, string>> = { r: 'tables', S: 'sequences', f: 'functions', T: 'types', n: 'schemas', L: 'large objects' }

const defaultLines = ({ role, kind, grants }: Default, names: Names): readonly string[] =>
  grantLines(grants ?? [], names).map((line) => `${madeThings[kind] ?? kind} made by ${roleName(role, names)}: ${line}`)

const schema = part<SchemaFact>(
  'schema',
  () => `SELECT json_build_object(${common('here.nspowner', 'here.nspacl', 'n', comment('pg_namespace', 'here.oid'))},
    'defaults', (SELECT json_agg(json_build_object('role', pg_get_userbyid(f.defaclrole), 'kind', f.defaclobjtype, 'grants', ${grantsIn('f.defaclacl')}))
      FROM dep JOIN pg_default_acl f ON f.oid = dep.objid WHERE dep.classid = 'pg_default_acl'::regclass)) AS fact FROM here`,
  (fact, names) => {
    const { comments, owner, grants } = commonFacts(fact, names)
    const defaults = (fact.defaults ?? []).flatMap((one) => defaultLines(one, names)).toSorted()
    return { objects: [objectOf('schema', '', '', { comments, owner, grants: { ...grants, defaults } })] }
  },
)

/** What is in the schema, and the parts of its tables, as objects that may depend on something. */
const holders = `
    SELECT classid, objid FROM dep
    UNION ALL SELECT 'pg_class'::regclass, indexrelid FROM ind
    UNION ALL SELECT 'pg_constraint'::regclass, oid FROM con
    UNION ALL SELECT 'pg_constraint'::regclass, k.oid FROM typ JOIN pg_constraint k ON k.contypid = typ.oid
    UNION ALL SELECT 'pg_attrdef'::regclass, f.oid FROM rel JOIN pg_attrdef f ON f.adrelid = rel.oid
    UNION ALL SELECT 'pg_rewrite'::regclass, w.oid FROM rel JOIN pg_rewrite w ON w.ev_class = rel.oid
    UNION ALL SELECT 'pg_trigger'::regclass, g.oid FROM rel JOIN pg_trigger g ON g.tgrelid = rel.oid WHERE NOT g.tgisinternal
    UNION ALL SELECT 'pg_policy'::regclass, y.oid FROM rel JOIN pg_policy y ON y.polrelid = rel.oid
    UNION ALL SELECT 'pg_class'::regclass, typ.typrelid FROM typ WHERE typ.typtype = 'c'`

type ExtensionFact = { readonly name: string; readonly schema: string; readonly version: string; readonly comment: string | null }

const extensions = part<ExtensionFact>(
  'extension',
  () => `SELECT json_build_object('name', e.extname, 'schema', n.nspname, 'version', e.extversion) AS fact
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.oid IN (
      SELECT objid FROM dep WHERE classid = 'pg_extension'::regclass
      UNION ALL SELECT m.refobjid FROM (${holders}) o JOIN pg_depend d ON d.classid = o.classid AND d.objid = o.objid
        JOIN pg_depend m ON m.classid = d.refclassid AND m.objid = d.refobjid AND m.deptype = 'e' WHERE m.refclassid = 'pg_extension'::regclass)`,
  (fact, names) => ({
    objects: [objectOf('extension', '', fact.name, { structure: { schema: schemaName(fact.schema, names) }, storage: { version: fact.version } })],
  }),
)

const handled = ['pg_class', 'pg_type', 'pg_proc', 'pg_statistic_ext', 'pg_default_acl', 'pg_extension', 'pg_publication_namespace']

/** In the schema, but of a kind of which nothing is compared. The publication of a whole schema would be told with its name. */
export const uncompared = part<string>(
  'uncompared',
  (version) => `SELECT to_json(x.words) AS fact FROM (
    SELECT pg_describe_object(dep.classid, dep.objid, 0) AS words FROM dep
      WHERE dep.classid::regclass::text <> ALL (ARRAY[${handled.map((name) => `'${name}'`).join(', ')}])
    UNION ALL SELECT pg_describe_object('pg_type'::regclass, typ.oid, 0) FROM typ WHERE typ.typtype IN ('b', 'p')
      AND NOT EXISTS (SELECT FROM pg_type element WHERE element.typarray = typ.oid)
    UNION ALL SELECT pg_describe_object(d.classid, d.objid, 0) FROM typ JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid = typ.oid
      WHERE d.classid IN ('pg_cast'::regclass, 'pg_transform'::regclass) AND ${isNotOfExtension('d')} AND ${isNotMadeBy('d')} GROUP BY d.classid, d.objid
    UNION ALL SELECT format('publication %I of table %s', p.pubname, rel.oid::regclass) FROM rel JOIN pg_publication_rel l ON l.prrelid = rel.oid JOIN pg_publication p ON p.oid = l.prpubid
    ${version >= since.publishedSchemas ? `UNION ALL SELECT format('publication %I of the whole schema', p.pubname) FROM here JOIN pg_publication_namespace l ON l.pnnspid = here.oid JOIN pg_publication p ON p.oid = l.pnpubid` : ''}
    UNION ALL SELECT format('security label by %I of %s', s.provider, pg_describe_object(s.classoid, s.objoid, s.objsubid)) FROM dep JOIN pg_seclabel s ON s.classoid = dep.classid AND s.objoid = dep.objid
  ) x`,
  (words) => ({ uncompared: [words] }),
)

export const surroundings = [schema, extensions, uncompared]
