/** Comments, owners, rights, and what things are kept in. */
import type { Difference, Finding } from '../../../contract/drift.ts'
import type { StructureObject } from '../../../contract/structure.ts'
import { asList } from '../inventory.ts'
import { nameOf } from '../names.ts'
import { changeDefaultRights, changeOptions, changeRights, commentOn, ownerOf } from '../statements/attributes.ts'
import { clusterOn, indexStatistics } from '../statements/tables.ts'
import { ofKind } from '../statements/targets.ts'
import { accessExclusive, shareUpdateExclusive } from './locks.ts'
import type { Draft, Scene } from './plan.ts'

const relationOf = ({ of, name }: StructureObject): string => (of === '' ? name : of)
const isRelation = ({ kind, of }: StructureObject): boolean => of !== '' || ['table', 'view', 'materialized_view', 'sequence'].includes(kind)

/** Constraints are kept in an index of their name. */
const storageWord = (object: StructureObject): string => (object.kind === 'constraint' ? `INDEX ${nameOf(object.name)}` : ofKind(object))

const changeStatistics = (object: StructureObject, { expected, actual }: Difference): string[] => {
  if (object.kind === 'statistics') return [`ALTER STATISTICS ${nameOf(object.name)} SET STATISTICS ${expected === null ? '-1' : String(expected)}`]
  const gone = asList(actual)
    .map((entry) => entry.replace(/: .*$/, ''))
    .filter((column) => !asList(expected).some((entry) => entry.startsWith(`${column}: `)))
  return indexStatistics(object, [...gone.map((column) => `${column}: -1`), ...asList(expected)])
}

const changeStorage = (finding: Finding, object: StructureObject, difference: Difference, draft: Draft): void => {
  const { field, expected, actual } = difference
  const quiet = { lock: shareUpdateExclusive(relationOf(object)) }
  if (field === 'options') draft.add('attributes', finding, changeOptions(`ALTER ${storageWord(object)}`, actual, expected), quiet)
  else if (field === 'statistics') draft.add('attributes', finding, changeStatistics(object, difference), quiet)
  else if (field === 'clustered') draft.add('attributes', finding, clusterOn(object, expected === true), quiet)
  else
    draft.leave(
      finding,
      object.kind === 'extension' ? extensionReason : 'It is moved or written anew as a whole, which takes its time and its place on disk.',
      [difference],
    )
}

export const extensionReason = 'An extension is one for the whole database, and needs its own rights.'

/** Of what has no name of its own in a structure. */
const ofParts: Readonly<Record<string, string>> = {
  sequenceComment: 'It is of the sequence of an identity column, which is called otherwise in each target.',
  sequencePrivileges: 'They are of the sequence of an identity column, which is called otherwise in each target.',
  parts: 'It is of a check or an attribute inside of the type: comment on it by hand.',
}

const changeAttribute = (finding: Finding, object: StructureObject, seen: StructureObject, difference: Difference, draft: Draft): void => {
  const { facet, field, expected, actual } = difference
  const ofPart = ofParts[field]
  if (ofPart !== undefined) {
    draft.leave(finding, ofPart, [difference])
    return
  }
  const quiet = { lock: isRelation(object) ? shareUpdateExclusive(relationOf(object)) : null }
  if (facet === 'comments') draft.add('attributes', finding, commentOn(object, expected, 'run'), quiet)
  if (facet === 'owner')
    draft.add('attributes', finding, ownerOf(object, expected, 'run'), {
      lock: isRelation(object) ? accessExclusive(relationOf(object)) : null,
      risk: 'Needs a login that is a member of both owners.',
    })
  if (facet === 'grants' && field === 'privileges') draft.add('attributes', finding, changeRights(seen, actual, expected, 'run'))
  if (facet === 'grants' && field === 'defaults') draft.add('attributes', finding, changeDefaultRights(actual, expected, 'run'))
  if (facet === 'storage' && object.kind !== 'column') changeStorage(finding, object, difference, draft)
}

export const changeAttributes = (finding: Finding, scene: Scene, draft: Draft): void => {
  const object = scene.norm.get(finding.object)
  if (!object || draft.isMadeAnew(object)) return
  for (const difference of finding.differences)
    if (difference.facet !== 'structure') changeAttribute(finding, object, scene.seen.get(object) ?? object, difference, draft)
}
