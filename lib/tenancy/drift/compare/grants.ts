/** What is granted, from its facts: one entry a grantee, `tenant: INSERT, SELECT*`, a star where it may be passed on. */
import type { FactValue, StructureObject } from '../../contract/structure.ts'
import { asList, textIn } from './inventory.ts'

export type Right = { readonly privilege: string; readonly withOption: boolean }
export type Rights = ReadonlyMap<string, ReadonlyMap<string, Right>>

/** Said where everything was taken away, from its owner too. */
const nobody = 'nobody'

export const rightsOf = (entries: readonly string[]): Rights =>
  new Map(
    entries
      .filter((entry) => entry !== nobody)
      .map((entry) => {
        const colon = entry.lastIndexOf(': ')
        const rights = entry
          .slice(colon + 2)
          .split(', ')
          .map((text): Right => ({ privilege: text.replace(/\*$/, ''), withOption: text.endsWith('*') }))
        return [entry.slice(0, colon), new Map(rights.map((right) => [right.privilege, right]))]
      }),
  )

/** What PostgreSQL gives where nothing was ever granted. */
const usual = (object: StructureObject): readonly string[] => {
  const owner = textIn(object, 'owner', 'owner') ?? 'owner'
  if (object.kind === 'column') return []
  if (object.kind === 'type') return [`${owner}: USAGE`, 'public: USAGE']
  return object.kind === 'function' || object.kind === 'procedure' || object.kind === 'aggregate' ? [`${owner}: EXECUTE`, 'public: EXECUTE'] : [`${owner}: ALL`]
}

/** Of a field of the facet `grants`; null: as PostgreSQL gives them by itself. */
export const rightsIn = (object: StructureObject, field: string, value: FactValue): Rights =>
  rightsOf(value === null && field === 'privileges' ? usual(object) : asList(value))

export type RightsChange = { readonly grantee: string; readonly missing: readonly Right[]; readonly extra: readonly Right[] }

const without = (rights: ReadonlyMap<string, Right> | undefined, others: ReadonlyMap<string, Right> | undefined): Right[] =>
  [...(rights?.values() ?? [])].filter(({ privilege, withOption }) => others?.get(privilege)?.withOption !== withOption)

/** Where only the right to pass it on differs, a right is both missing and extra. */
export const changesOf = (expected: Rights, actual: Rights): readonly RightsChange[] =>
  [...new Set([...expected.keys(), ...actual.keys()])]
    .toSorted()
    .map((grantee) => ({
      grantee,
      missing: without(expected.get(grantee), actual.get(grantee)),
      extra: without(actual.get(grantee), expected.get(grantee)),
    }))
    .filter(({ missing, extra }) => missing.length + extra.length > 0)
