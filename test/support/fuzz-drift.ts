/** Rounds of random structures: what is the same compares equal, whatever is changed is found, and no trace stands for two structures. */
import { expect } from 'vitest'
import { differingFacets, linesOf, openSchemas } from './schemas.ts'
import { randomStructure } from './random-structure.ts'
import type { Databases } from './template.ts'

const sameOrder = (facets: readonly string[]): boolean => facets.every((facet) => facet === 'order')

/** One database for all of them: what is committed is not looked at again. */
export const fuzzDrift = async (databases: Databases, role: string, seeds: readonly number[]): Promise<void> => {
  const schemas = await openSchemas(databases, role)
  try {
    const rounds = seeds.map((seed) => ({ seed, ...randomStructure(seed, role) }))
    for (const { seed, one, two, changed, change } of rounds)
      for (const [part, ddl] of Object.entries({ one, again: one, two, changed }))
        await schemas.build(`${part}_${seed}`, ddl).catch((error: unknown) => {
          throw new Error(`seed ${seed}, ${change}`, { cause: error })
        })
    const names = rounds.flatMap(({ seed }) => [`one_${seed}`, `again_${seed}`, `two_${seed}`, `changed_${seed}`])
    const seen = await schemas.look(names)
    const at = (name: string) => {
      const found = seen.get(name)
      if (!found) throw new Error(`${name} was not seen`)
      return found
    }
    for (const { seed, change } of rounds) {
      const [one, again, two, changed] = [at(`one_${seed}`), at(`again_${seed}`), at(`two_${seed}`), at(`changed_${seed}`)]
      const label = `seed ${seed}, ${change}`
      expect(again, label).toEqual(one)
      const facets = differingFacets(one.prints, two.prints)
      if (!sameOrder(facets)) expect(linesOf(two.structure), label).toEqual(linesOf(one.structure))
      expect(differingFacets(one.prints, changed.prints), label).not.toEqual([])
      expect(changed.trace, label).not.toBe(one.trace)
    }
    const byTrace = new Map<string, string>()
    for (const { structure, trace } of seen.values()) {
      const text = JSON.stringify(structure)
      expect(byTrace.get(trace) ?? text).toBe(text)
      byTrace.set(trace, text)
    }
  } finally {
    await schemas.sql.unsafe(`drop owned by ${role} cascade`).simple()
    await schemas.close()
  }
}
