/** How bad a finding is: one line a kind and field, each with its reason. */
import type { Difference, Severity } from '../../contract/drift.ts'
import type { Facet, ObjectKind, StructureObject } from '../../contract/structure.ts'
import { severities } from '../../contract/drift.ts'
import { changesOf, rightsIn } from './grants.ts'
import { asList, isSaid, textIn, valueOf } from './inventory.ts'

const isUnique = (definition: unknown): boolean => typeof definition === 'string' && definition.startsWith('CREATE UNIQUE ')

type OfObject = (object: StructureObject) => Severity

const missing: Readonly<Record<ObjectKind, Severity | OfObject>> = {
  schema: 'breaks', // nothing is there
  extension: 'breaks', // its types and functions are called by name
  type: 'breaks', // casts to it fail
  sequence: 'breaks', // nextval() fails
  table: 'breaks', // every query of it fails
  column: 'breaks', // queries that name it fail
  constraint: 'breaks', // rows come in that the application takes for impossible; ON CONFLICT fails
  index: (object) => (isUnique(textIn(object, 'definition')) ? 'breaks' : 'slows'), // a unique one also keeps rows out, and ON CONFLICT needs it
  statistics: 'slows', // plans are chosen on worse estimates
  view: 'breaks', // queries of it fail
  materialized_view: 'breaks', // queries of it fail
  function: 'breaks', // calls fail
  procedure: 'breaks', // calls fail
  aggregate: 'breaks', // calls fail
  trigger: 'breaks', // what it kept right is no longer kept
  rule: 'breaks', // statements do something else
  policy: 'breaks', // rows vanish, or show
}

/** An insert that does not know of the column fails. */
const mustBeGiven = (column: StructureObject): boolean =>
  valueOf(column, 'nullable') === false && ['default', 'identity', 'generated'].every((field) => valueOf(column, field) === null)

const extra: Readonly<Record<ObjectKind, Severity | OfObject>> = {
  schema: 'harmless', // there is one only
  extension: 'harmless', // nobody asks for it
  type: 'harmless', // nobody asks for it
  sequence: 'harmless', // nobody asks for it
  table: 'harmless', // nobody asks for it
  column: (object) => (mustBeGiven(object) ? 'breaks' : 'harmless'),
  constraint: 'breaks', // refuses rows that the application writes
  index: (object) => (isUnique(textIn(object, 'definition')) ? 'breaks' : 'harmless'), // a unique one refuses rows; others cost writes a little and are often put there on purpose
  statistics: 'harmless', // ANALYZE takes longer
  view: 'harmless', // nobody asks for it
  materialized_view: 'harmless', // nobody asks for it
  function: 'harmless', // nobody asks for it; an overload that is found first has other arguments, and shows here
  procedure: 'harmless', // like a function
  aggregate: 'harmless', // like a function
  trigger: 'breaks', // writes do what the application does not know of
  rule: 'breaks', // statements do something else
  policy: 'breaks', // rows show, or vanish
}

type OfDifference = (difference: Difference, object: StructureObject) => Severity

/** Fields of the facet `structure`; what is not here breaks, because an application meets it. */
const fields: Readonly<Partial<Record<ObjectKind, Readonly<Record<string, Severity | OfDifference>>>>> = {
  type: {
    labels: ({ expected, actual }) => (asList(expected).every((label) => asList(actual).includes(label)) && inOrder(expected, actual) ? 'harmless' : 'breaks'), // more labels refuse nothing
  },
  sequence: {
    start: 'harmless', // counts only for RESTART
    cache: 'harmless', // gaps are a little larger or smaller
    ownedBy: 'harmless', // counts only when the column is dropped
  },
  column: {
    identityOptions: 'harmless', // numbers come all the same
    inherited: 'harmless', // counts only for changes of the parent
    local: 'harmless', // counts only when the parent is gone
  },
  constraint: {
    name: 'harmless', // it refuses the same rows
    inherited: 'harmless', // counts only for changes of the parent
    local: 'harmless', // counts only when the parent is gone
    notValid: ({ actual }) => (actual === true ? 'breaks' : 'harmless'), // rows from before may be what the application takes for impossible
  },
  index: {
    name: 'harmless', // plans know no names
    definition: ({ expected, actual }) => (isUnique(expected) || isUnique(actual) ? 'breaks' : 'slows'), // a unique one keeps rows out
    invalid: 'slows', // no query uses it
    attachedTo: 'slows', // the index of the partitioned table stays invalid
  },
  statistics: { definition: 'slows' }, // estimates are worse
  function: {
    parallel: 'slows', // queries that call it are planned without workers
    cost: 'slows', // plans are chosen on other estimates
    rows: 'slows', // plans are chosen on other estimates
    support: 'slows', // plans are chosen on other estimates
  },
}

/** Rights of the tenant's own role harm nobody else when there are more of them; those of others open the tenant's rows. */
const grants: OfDifference = ({ field, expected, actual }, object) =>
  changesOf(rightsIn(object, field, expected), rightsIn(object, field, actual)).some(
    ({ grantee, missing, extra }) => missing.length > 0 || (extra.length > 0 && !isOwn(grantee)),
  )
    ? 'breaks'
    : 'harmless'
/** Also of default rights: `tables made by owner: tenant`. */
const isOwn = (grantee: string): boolean => /(?:^|: )(?:tenant|owner)$/.test(grantee)

const facetWeights: Readonly<Record<Exclude<Facet, 'structure'>, Severity | OfDifference>> = {
  order: 'harmless', // SELECT * gives the same columns
  comments: 'harmless', // read by people
  owner: 'breaks', // migrations need the owner, and row security does not hold for it
  grants,
  storage: ({ field }) => (field === 'clustered' || field === 'version' ? 'harmless' : 'slows'), // counts only for CLUSTER; an extension's version is the database's
}

const inOrder = (expected: Difference['expected'], actual: Difference['actual']): boolean => {
  const known = new Set(asList(expected))
  return JSON.stringify(asList(actual).filter((label) => known.has(label))) === JSON.stringify(asList(expected))
}

const resolve = (weight: Severity | OfObject, object: StructureObject): Severity => (typeof weight === 'function' ? weight(object) : weight)

export const severityOfMissing = (object: StructureObject): Severity => resolve(missing[object.kind], object)
export const severityOfExtra = (object: StructureObject): Severity => resolve(extra[object.kind], object)

const weightOf = (object: StructureObject, difference: Difference): Severity => {
  const kind = object.kind === 'procedure' || object.kind === 'aggregate' ? 'function' : object.kind
  const weight = difference.facet === 'structure' ? (fields[kind]?.[difference.field] ?? 'breaks') : facetWeights[difference.facet]
  return typeof weight === 'function' ? weight(difference, object) : weight
}

/** The worst of them. An invalid index that should be unique keeps nothing out. */
export const severityOf = (object: StructureObject, differences: readonly Difference[]): Severity => {
  const weights = differences.map((difference) => weightOf(object, difference))
  const keepsNothingOut = object.kind === 'index' && isSaid(object, 'invalid') && isUnique(textIn(object, 'definition'))
  if (keepsNothingOut && differences.some(({ field }) => field === 'invalid')) return 'breaks'
  return severities.find((severity) => weights.includes(severity)) ?? 'harmless'
}
