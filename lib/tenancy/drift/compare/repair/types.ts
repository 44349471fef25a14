/** Types and sequences: made, and changed in place where nothing can be lost. */
import type { Difference, Finding } from '../../../contract/drift.ts'
import type { StructureObject } from '../../../contract/structure.ts'
import { quoteLiteral } from '../../../sql/ident.ts'
import { asList, isSaid, textIn } from '../inventory.ts'
import { nameOf } from '../names.ts'
import { ownedBy } from '../statements/tables.ts'
import { checkOf, sequenceOptions } from '../statements/types.ts'
import { accessExclusive, shareRowExclusive } from './locks.ts'
import type { Draft } from './plan.ts'

const changeLabels = (finding: Finding, type: StructureObject, difference: Difference, draft: Draft): void => {
  const [should, is] = [asList(difference.expected), asList(difference.actual)]
  const surplus = is.filter((label) => !should.includes(label))
  const common = should.filter((label) => is.includes(label))
  if (surplus.length > 0 || common.join('\0') !== is.join('\0')) {
    draft.leave(finding, 'PostgreSQL cannot take a label away or move it: rows may hold it. Make the type anew by hand.', [difference])
    return
  }
  const alter = `ALTER TYPE ${nameOf(type.name)} ADD VALUE`
  const label = (text: string): string => quoteLiteral(text).trim()
  for (const [index, text] of should.entries()) {
    if (is.includes(text)) continue
    const before = should[index - 1]
    const first = is[0]
    const place = before !== undefined ? ` AFTER ${label(before)}` : first !== undefined ? ` BEFORE ${label(first)}` : ''
    draft.add('types', finding, `${alter} ${label(text)}${place}`, { risk: 'The label can be used once this is committed, not before.' })
  }
}

const changeChecks = (finding: Finding, type: StructureObject, { expected, actual }: Difference, draft: Draft): void => {
  const [should, is] = [asList(expected), asList(actual)]
  const alter = `ALTER DOMAIN ${nameOf(type.name)}`
  for (const entry of is) if (!should.includes(entry)) draft.add('types', finding, `${alter} DROP CONSTRAINT ${nameOf(checkOf(entry).name)}`)
  for (const entry of should) {
    if (is.includes(entry)) continue
    const { name, text } = checkOf(entry)
    draft.add('types', finding, `${alter} ADD CONSTRAINT ${nameOf(name)} ${text}`, {
      lock: 'SHARE on each table with a column of it',
      risk: 'Fails where a value breaks it; all rows of these tables are read.',
    })
  }
}

const changeAttributes = (finding: Finding, type: StructureObject, difference: Difference, draft: Draft): void => {
  const [should, is] = [asList(difference.expected), asList(difference.actual)]
  if (should.slice(0, is.length).join('\0') !== is.join('\0')) {
    draft.leave(finding, 'An attribute that goes takes its values with it: change the type by hand.', [difference])
    return
  }
  for (const attribute of should.slice(is.length)) draft.add('types', finding, `ALTER TYPE ${nameOf(type.name)} ADD ATTRIBUTE ${attribute}`)
}

export const changeType = (finding: Finding, type: StructureObject, draft: Draft): void => {
  for (const difference of finding.differences) {
    if (difference.facet !== 'structure') continue
    const alter = `ALTER DOMAIN ${nameOf(type.name)}`
    const isDomain = textIn(type, 'kind') === 'domain'
    if (difference.field === 'labels') changeLabels(finding, type, difference, draft)
    else if (difference.field === 'checks') changeChecks(finding, type, difference, draft)
    else if (difference.field === 'attributes') changeAttributes(finding, type, difference, draft)
    else if (isDomain && difference.field === 'default')
      draft.add('types', finding, difference.expected === null ? `${alter} DROP DEFAULT` : `${alter} SET DEFAULT ${String(difference.expected)}`)
    else if (isDomain && difference.field === 'nullable')
      draft.add('types', finding, difference.expected === false ? `${alter} SET NOT NULL` : `${alter} DROP NOT NULL`, {
        risk: difference.expected === false ? 'Fails where a value is null; all rows of tables with a column of it are read.' : null,
      })
    else draft.leave(finding, 'PostgreSQL changes this only by making the type anew, and columns are of it.', [difference])
  }
}

export const changeSequence = (finding: Finding, sequence: StructureObject, draft: Draft): void => {
  const changed = finding.differences.filter(({ facet }) => facet === 'structure')
  const counting = changed.filter(({ field }) => field !== 'ownedBy' && field !== 'unlogged')
  const turns = counting.some(({ field, expected, actual }) => field === 'increment' && Number(expected ?? 1) * Number(actual ?? 1) < 0)
  if (turns) draft.leave(finding, 'It would count the other way round: from which number on only the data can say.', counting)
  const fields = turns ? [] : counting.map(({ field }) => field)
  const alter = `ALTER SEQUENCE ${nameOf(sequence.name)}`
  if (fields.length > 0)
    draft.add('sequences', finding, `${alter} ${sequenceOptions(sequence, fields).join(' ')}`, {
      lock: shareRowExclusive(sequence.name),
      risk: fields.some((field) => ['type', 'min', 'max'].includes(field)) ? 'Fails where its last number is outside of the new bounds.' : null,
    })
  if (changed.some(({ field }) => field === 'ownedBy')) draft.add('alterColumns', finding, ownedBy(sequence), { lock: shareRowExclusive(sequence.name) })
  const unlogged = changed.find(({ field }) => field === 'unlogged')
  if (unlogged)
    draft.add('sequences', finding, `${alter} SET ${isSaid(sequence, 'unlogged') ? 'UNLOGGED' : 'LOGGED'}`, { lock: accessExclusive(sequence.name) })
}
