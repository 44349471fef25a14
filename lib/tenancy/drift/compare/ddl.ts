/** A structure as SQL: for people who compare two of them line by line, and executed in an empty schema the same structure again. */
import type { Structure } from '../../contract/structure.ts'
import { clumpsOf, inOrder } from './clumps.ts'
import { inventoryOf } from './inventory.ts'

const remarks = (structure: Structure): string[] => [
  ...structure.objects.filter(({ kind }) => kind === 'extension').map(({ name }) => `-- needs the extension ${name}`),
  ...structure.objects
    .filter((object) => object.kind === 'index' && object.facts.structure?.invalid === true)
    .map(({ of, name }) => `-- index ${name} of ${of} is invalid`),
  ...structure.uncompared.map((text) => `-- not compared: ${text}`),
]

/** Names of the schema itself are left out; the tenant's role stands there as `tenant`. */
export const ddlOf = (structure: Structure): string => {
  const inventory = inventoryOf(structure)
  const blocks: string[] = []
  let last: unknown = null
  for (const { clump, sql } of inOrder(clumpsOf(inventory, 'read'))) {
    if (last !== null && last !== clump) blocks.push('')
    blocks.push(`${sql};`)
    last = clump
  }
  const head = remarks(structure)
  return [...head, ...(head.length > 0 && blocks.length > 0 ? [''] : []), ...blocks].join('\n').concat('\n')
}
