/** Types: enums, domains, composites, ranges. What has no such kind is told as not compared, see `surroundings.ts`. */
import { collation, comment, common, since } from './catalog.ts'
import { commonFacts, type Common } from './names.ts'
import { objectOf, part, type Loose } from './part.ts'

type Check = { readonly name: string; readonly definition: string; readonly comment: string | null }
type Attribute = { readonly name: string; readonly type: string; readonly collation: string | null; readonly comment: string | null }

type TypeFact = Common & {
  readonly name: string
  readonly type: string
  readonly labels: readonly string[] | null
  readonly base: string | null
  readonly notNull: boolean
  readonly default: string | null
  readonly collation: string | null
  readonly checks: readonly Check[] | null
  readonly attributes: readonly Attribute[] | null
  readonly range: Readonly<Record<'subtype' | 'opclass' | 'collation' | 'canonical' | 'difference' | 'multirange', string | null>> | null
}

const collated = ({ name, type, collation }: Attribute): string => `${name} ${type}${collation === null ? '' : ` COLLATE ${collation}`}`

const structureOf = (fact: TypeFact): Loose => {
  switch (fact.type) {
    case 'e':
      return { kind: 'enum', labels: fact.labels }
    case 'd':
      return {
        kind: 'domain',
        base: fact.base,
        nullable: fact.notNull ? false : undefined,
        default: fact.default,
        collation: fact.collation,
        checks: fact.checks?.map(({ name, definition }) => `${name} ${definition}`),
      }
    case 'c':
      return { kind: 'composite', attributes: fact.attributes?.map(collated) }
    default:
      return { kind: 'range', ...fact.range }
  }
}

const partComments = (fact: TypeFact): readonly string[] =>
  [...(fact.checks ?? []), ...(fact.attributes ?? [])].flatMap(({ name, comment }) => (comment === null ? [] : [`${name}: ${comment}`]))

const range = (version: number): string => `CASE WHEN typ.typtype = 'r' THEN (
      SELECT json_build_object('subtype', format_type(r.rngsubtype, NULL), 'collation', ${collation('r.rngcollation', 'r.rngsubtype')},
        'opclass', (SELECT o.opcname FROM pg_opclass o WHERE o.oid = r.rngsubopc AND NOT o.opcdefault),
        'canonical', NULLIF(r.rngcanonical, 0)::regproc::text, 'difference', NULLIF(r.rngsubdiff, 0)::regproc::text,
        'multirange', ${version >= since.multiranges ? 'format_type(r.rngmultitypid, NULL)' : 'NULL'})
      FROM pg_range r WHERE r.rngtypid = typ.oid) END`

export const types = part<TypeFact>(
  'type',
  (version) => `SELECT json_build_object('name', typ.typname, ${common('typ.typowner', 'typ.typacl', 'T', comment('pg_type', 'typ.oid'))}, 'type', typ.typtype,
    'labels', (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = typ.oid),
    'base', CASE WHEN typ.typtype = 'd' THEN format_type(typ.typbasetype, typ.typtypmod) END, 'notNull', typ.typnotnull, 'default', pg_get_expr(typ.typdefaultbin, 0),
    'collation', CASE WHEN typ.typtype = 'd' THEN ${collation('typ.typcollation', 'typ.typbasetype')} END,
    'checks', (SELECT json_agg(json_build_object('name', k.conname, 'definition', pg_get_constraintdef(k.oid), 'comment', ${comment('pg_constraint', 'k.oid')}) ORDER BY k.conname)
      FROM pg_constraint k WHERE k.contypid = typ.oid AND k.contype = 'c'),
    'attributes', CASE WHEN typ.typtype = 'c' THEN (SELECT json_agg(json_build_object('name', quote_ident(a.attname), 'type', format_type(a.atttypid, a.atttypmod),
      'collation', ${collation('a.attcollation', 'a.atttypid')}, 'comment', ${comment('pg_class', 'a.attrelid', 'a.attnum')}) ORDER BY a.attnum)
      FROM pg_attribute a WHERE a.attrelid = typ.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END,
    'range', ${range(version)}) AS fact
    FROM typ WHERE typ.typtype IN ('e', 'd', 'c', 'r')`,
  (fact, names) => {
    const { comments, owner, grants } = commonFacts(fact, names)
    return { objects: [objectOf('type', '', fact.name, { structure: structureOf(fact), comments: { ...comments, parts: partComments(fact) }, owner, grants })] }
  },
)
