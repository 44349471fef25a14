/** The other way round: what somebody did by hand, as a migration for all. */
import type { Acceptance, Finding } from '../../contract/drift.ts'
import { facets, type Facet, type Structure } from '../../contract/structure.ts'
import { compareStructures } from './compare-structures.ts'
import { keyOf } from './inventory.ts'
import { isKept } from './repair/plan.ts'
import { tenantRole } from './statements/roles.ts'
import { repairOf } from './repair.ts'

const commented = (text: string): string => text.replaceAll(/^/gm, '-- ')

/** Of the same objects and facets, seen from the other side. */
const turned = (norm: Structure, seen: Structure, findings: readonly Finding[]): readonly Finding[] => {
  const said = new Set<string>(['structure', ...findings.flatMap(({ differences }) => differences.map(({ facet }) => facet))])
  const named = findings.flatMap(({ object, differences }) => [
    keyOf(object),
    ...differences.flatMap(({ facet, field, actual }) => (facet === 'structure' && field === 'name' ? [keyOf({ ...object, name: String(actual) })] : [])),
  ])
  const keys = new Set(named)
  const ignored = facets.filter((facet) => !said.has(facet))
  return compareStructures(seen, norm, ignored).filter(({ object }) => keys.has(keyOf(object)))
}

const dropReason = 'it may hold data. Write the DROP yourself if that is meant.'

/** Why somebody wants it so, in one line whatever was written. */
const acceptedText = ({ by, reason }: Acceptance): string => ` Accepted by ${by}: ${reason.replaceAll(/\s+/g, ' ').trim()}`

type Named = Finding & { readonly accepted?: Acceptance | null }

/**
 * @param findings what of the difference is to be in it
 * @param ignored what the set does not compare
 * @returns a file for the set: statements that lead every target from the norm to what was seen
 */
export const migrationOf = (norm: Structure, seen: Structure, findings: readonly Named[], ignored: readonly Facet[] = []): string => {
  const sentences = new Map(findings.map(({ object, sentence }) => [keyOf(object), sentence]))
  const back = turned(norm, seen, findings)
  const { steps, left } = repairOf(seen, norm, back, ignored, true)
  const kept = new Map(back.map((finding) => [finding.key, finding]))
  const remarks = left.map(({ finding: key, sentence, reason }) => {
    const finding = kept.get(key)
    const told = finding ? (sentences.get(keyOf(finding.object)) ?? sentence) : sentence
    return `- ${told} Not written: ${finding && isKept(finding) ? dropReason : reason.startsWith('PostgreSQL') ? reason : `${reason.charAt(0).toLowerCase()}${reason.slice(1)}`}`
  })
  const head = [
    'Made of what differs from the reference of this set:',
    ...findings.map(({ sentence, accepted }) => `- ${sentence}${accepted ? acceptedText(accepted) : ''}`),
    ...(remarks.length > 0 ? ['', 'Left to you:', ...remarks] : []),
  ]
  const body = steps.flatMap(({ sql, risk }) => {
    const notes = risk === null ? [] : [commented(risk)]
    // A migration knows no tenant: what its role may do is given when it is made, and by default rights.
    return [...notes, sql.includes(tenantRole) ? commented(`Rights of a tenant's own role are not a migration's to give:\n${sql};`) : `${sql};`]
  })
  return `${[commented(head.join('\n')).replaceAll(/ +$/gm, ''), ...(body.length > 0 ? ['', ...body] : [])].join('\n')}\n`
}
