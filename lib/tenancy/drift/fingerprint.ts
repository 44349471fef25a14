/** Digests by which structures are found to be the same without comparing them. */
import { createHash, type Hash } from 'node:crypto'
import { facets, type Facet, type Facts, type Fingerprints, type Structure } from '../contract/structure.ts'

const canonical = (facts: Facts): Array<[string, Facts[string]]> =>
  Object.keys(facts)
    .toSorted()
    .flatMap((field): Array<[string, Facts[string]]> => {
      const value = facts[field]
      return value === undefined ? [] : [[field, value]]
    })

/** Of each facet what its objects say, in the order of the structure. That an object is there at all is structure. */
export const fingerprintsOf = (structure: Structure): Fingerprints => {
  const hashes = Object.fromEntries(facets.map((facet) => [facet, createHash('sha256')])) as Record<Facet, Hash>
  for (const { kind, of, name, facts } of structure.objects)
    for (const facet of facets) {
      const said = facts[facet]
      if (said || facet === 'structure') hashes[facet].update(`${JSON.stringify([kind, of, name, canonical(said ?? {})])}\n`)
    }
  return Object.fromEntries(facets.map((facet) => [facet, hashes[facet].digest('hex')])) as Record<Facet, string>
}
