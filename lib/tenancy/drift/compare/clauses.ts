/** What is said of one difference, in plain words: the end of a sentence that begins with the object. */
import type { Difference } from '../../contract/drift.ts'
import type { FactValue, ObjectKind, StructureObject } from '../../contract/structure.ts'
import { changesOf, rightsIn, type Right } from './grants.ts'
import { asList } from './inventory.ts'

/** Longer ones are seen side by side, not in a sentence. */
const maxShown = 60
const isShort = (value: FactValue): boolean => {
  const text = shown(value)
  return text.length <= maxShown && !text.includes('\n')
}
const shown = (value: FactValue): string => (value === null ? 'the default' : typeof value === 'object' ? value.join(', ') : String(value))

const shortNames: ReadonlyArray<readonly [RegExp, string]> = [
  [/\bcharacter varying\b/g, 'varchar'],
  [/\b(timestamp|time)(\(\d\))? without time zone\b/g, '$1$2'],
  [/\b(timestamp|time)(\(\d\))? with time zone\b/g, '$1tz$2'],
]
/** As people write them. */
const typeName = (value: FactValue): string => shortNames.reduce((text, [long, short]) => text.replaceAll(long, short), shown(value))

type Clause = (difference: Difference, object: StructureObject) => string

const instead =
  (verb: string, otherwise: string): Clause =>
  ({ expected, actual }) =>
    isShort(expected) && isShort(actual) ? `${verb} ${shown(actual)} instead of ${shown(expected)}` : otherwise

/** Something that may be there or not: a default, a comment. */
const having =
  (noun: string, article = 'a'): Clause =>
  ({ expected, actual }) => {
    if (actual === null) return isShort(expected) ? `lacks its ${noun} ${shown(expected)}` : `lacks its ${noun}`
    if (expected === null) return isShort(actual) ? `has ${article} ${noun} it should not have, ${shown(actual)}` : `has ${article} ${noun} it should not have`
    return isShort(expected) && isShort(actual) ? `has the ${noun} ${shown(actual)} instead of ${shown(expected)}` : `has another ${noun}`
  }

/** Something that has a default. */
const given =
  (noun: string, another = 'another'): Clause =>
  (difference, object) =>
    difference.actual === null && isShort(difference.expected)
      ? `lacks the ${noun} ${shown(difference.expected)}`
      : instead(`has the ${noun}`, `has ${another} ${noun}`)(difference, object)

/** A relation to something else, or to nothing. */
const related =
  (positive: string, negative: string): Clause =>
  ({ expected, actual }) =>
    actual === null
      ? `${negative} ${shown(expected)}`
      : expected === null
        ? `${positive} ${shown(actual)}, and should not be`
        : `${positive} ${shown(actual)} instead of ${shown(expected)}`

const whether =
  (yes: string, no: string): Clause =>
  ({ actual }) =>
    actual === true ? yes : no

const isDefinedOtherwise: Clause = () => 'is defined otherwise'

/** What an index is apart from its name and table. */
const indexKeys = (definition: FactValue): string => {
  const text = shown(definition)
  const at = text.indexOf(' USING ')
  return `${text.startsWith('CREATE UNIQUE ') ? 'unique ' : ''}${at === -1 ? text : text.slice(at + ' USING '.length)}`
}

/** Entries of a list, by what names them. */
const entries =
  (noun: string, nameOfEntry: (entry: string) => string): Clause =>
  ({ expected, actual }) => {
    const [should, is] = [asList(expected), asList(actual)]
    const lacking = should.filter((entry) => !is.includes(entry)).map(nameOfEntry)
    const added = is.filter((entry) => !should.includes(entry)).map(nameOfEntry)
    const both = lacking.filter((name) => added.includes(name))
    const told = (verb: string, names: readonly string[], end: string): string[] =>
      names.length === 0 ? [] : [`${verb} the ${noun}${names.length === 1 ? '' : 's'} ${names.join(', ')}${end}`]
    const others = (names: readonly string[]): string[] => names.filter((name) => !both.includes(name))
    const clauses = [...told('lacks', others(lacking), ''), ...told('has', both, ' defined otherwise'), ...told('has', others(added), ' in addition')]
    return clauses.length === 0 ? `has its ${noun}s in another order` : clauses.join(', ')
  }
const labels = entries('label', (label) => label)
const checks = entries('check', (check) => check.slice(0, check.indexOf(' CHECK (')))
const attributes = entries('attribute', (attribute) => attribute)

const enabled: Clause = ({ expected, actual }) =>
  actual === 'disabled'
    ? 'is disabled'
    : actual === 'replica'
      ? 'fires only on a replica'
      : actual === 'always'
        ? 'fires on a replica too'
        : expected === 'always'
          ? 'does not fire on a replica'
          : expected === 'replica'
            ? 'fires where it is no replica'
            : 'is enabled, and should not be'

const fields: Readonly<Partial<Record<ObjectKind, Readonly<Record<string, Clause>>>>> = {
  extension: { schema: instead('stands in', 'stands in another schema') },
  type: {
    labels,
    nullable: ({ actual }) => (actual === false ? 'does not allow null' : 'allows null'),
    base: instead('is', 'stands on another type'),
    checks,
    attributes,
    default: having('default'),
  },
  sequence: {
    ownedBy: related('is owned by', 'is not owned by'),
    type: instead('is', 'is of another type'),
    cycle: whether('begins anew at its end', 'does not begin anew at its end'),
  },
  table: {
    unlogged: whether('is unlogged: its rows are gone after a crash', 'is logged, and should be unlogged'),
    partitionOf: related('is a partition of', 'is no partition of'),
    // Told by what it is a partition of.
    bound: ({ expected, actual }) => (expected === null || actual === null ? '' : `is the partition ${shown(actual)} instead of ${shown(expected)}`),
    partitionBy: related('is partitioned by', 'is not partitioned by'),
    inherits: related('is an heir of', 'is no heir of'),
    replicaIdentity: given('replica identity'),
  },
  column: {
    type: ({ expected, actual }) => `is ${typeName(actual)} instead of ${typeName(expected)}`,
    nullable: ({ actual }) => (actual === false ? 'does not allow null' : 'allows null'),
    default: having('default'),
    identity: related('is an identity column, generated', 'is no identity column, generated'),
    generated: ({ expected, actual }) =>
      actual === null ? 'is not generated' : expected === null ? 'is generated, and should not be' : 'is generated otherwise',
    collation: given('collation'),
    inherited: whether('is inherited, and should be its own', 'is its own, and should be inherited'),
    local: whether('is its own besides being inherited', 'is inherited only'),
  },
  constraint: {
    definition: instead('is', 'is defined otherwise'),
    notValid: whether('was never checked against the rows that were there', 'was checked against all rows, and should not be'),
    notEnforced: whether('is not enforced', 'is enforced, and should not be'),
    inherited: whether('is inherited, and should be its own', 'is its own, and should be inherited'),
    local: whether('is its own besides being inherited', 'is inherited only'),
  },
  index: {
    invalid: whether('is invalid: a concurrent build did not finish', 'is valid, and should not be'),
    clustered: whether('is the one that CLUSTER goes by', 'is not the one that CLUSTER goes by'),
    attachedTo: ({ actual }) => (actual === null ? 'is not attached to the index of its partitioned table' : `is attached to ${shown(actual)}`),
    definition: ({ expected, actual }) => {
      const [should, is] = [indexKeys(expected), indexKeys(actual)]
      return isShort(should) && isShort(is) && should !== is ? `is ${is} instead of ${should}` : 'is defined otherwise'
    },
  },
  statistics: { definition: isDefinedOtherwise },
  view: { definition: isDefinedOtherwise, options: given('options', 'other'), unpopulated: whether('was never filled', 'is filled') },
  function: {
    body: () => 'has another body',
    returns: instead('returns', 'returns something else'),
    arguments: instead('takes', 'takes other arguments'),
    volatility: ({ expected, actual }) => `is ${shown(actual ?? 'volatile')} instead of ${shown(expected ?? 'volatile')}`,
    parallel: ({ expected, actual }) => `is parallel ${shown(actual ?? 'unsafe')} instead of ${shown(expected ?? 'unsafe')}`,
    language: instead('is written in', 'is written in another language'),
    securityDefiner: whether('runs with the rights of its owner', 'runs with the rights of its caller'),
    strict: whether('answers null to null', 'is called with null too'),
    config: given('settings', 'other'),
    definition: isDefinedOtherwise,
  },
  trigger: { definition: isDefinedOtherwise, enabled },
  rule: { definition: isDefinedOtherwise, enabled },
  policy: {
    command: instead('is for', 'is for another command'),
    permissive: whether('allows rows, where it should restrict', 'restricts rows, where it should allow'),
    roles: instead('holds for', 'holds for other roles'),
    using: instead('is for rows where', 'is for other rows'),
    check: instead('lets in rows where', 'lets in other rows'),
  },
}

const rights = (list: readonly Right[]): string => list.map(({ privilege, withOption }) => `${privilege}${withOption ? ' with grant option' : ''}`).join(', ')
const who = (grantee: string): string =>
  grantee.replace(/(^|: )(tenant|owner|public)$/, (_, before: string, role: string) => before + (role === 'public' ? 'everybody' : `the ${role}`))

const grants: Clause = ({ expected, actual, field }, object) =>
  changesOf(rightsIn(object, field, expected), rightsIn(object, field, actual))
    .flatMap(({ grantee, missing, extra }) => [
      ...(missing.length > 0 ? [`${who(grantee)} lacks ${rights(missing)}`] : []),
      ...(extra.length > 0 ? [`${who(grantee)} has ${rights(extra)} in addition`] : []),
    ])
    .join(', ')
    .replace(/^/, field === 'defaults' ? 'gives other rights on what is made in it: ' : 'gives other rights: ')

const owner = (value: FactValue): string => (value === null || value === 'owner' ? 'the owner of the schema' : shown(value))

const nouns: Readonly<Record<string, string>> = {
  min: 'lowest number',
  max: 'highest number',
  initcond: 'first state',
  statistics: 'statistics target',
  method: 'access method',
}
/** `replicaIdentity` → "replica identity". */
const wordsOf = (field: string): string => nouns[field] ?? field.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

const kindsAlike: Readonly<Partial<Record<ObjectKind, ObjectKind>>> = { materialized_view: 'view', procedure: 'function', aggregate: 'function' }

export const clauseOf = (object: StructureObject, difference: Difference): string => {
  const { facet, field, expected, actual } = difference
  if (facet === 'comments') return having('comment')(difference, object)
  if (facet === 'owner') return `belongs to ${owner(actual)} instead of ${owner(expected)}`
  if (facet === 'grants') return grants(difference, object)
  if (facet === 'order') return 'has its columns in another order'
  const clause = fields[kindsAlike[object.kind] ?? object.kind]?.[field]
  if (clause) return clause(difference, object)
  const noun = wordsOf(field)
  if (typeof (actual ?? expected) === 'boolean') return actual === null ? `is not ${noun}` : `is ${noun}, and should not be`
  return given(noun, noun.endsWith('s') ? 'other' : 'another')(difference, object)
}
