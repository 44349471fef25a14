/** One kind of thing that a schema holds: how it is asked for, and what its answer says. */
import { facets, type Facts, type FactValue, type StructureObject } from '../../contract/structure.ts'
import type { Names } from './names.ts'

export type Part = {
  readonly name: string
  /**
   * A SELECT of one column of type json, `fact`, over what `catalog.ts` prepares. Names of catalogs resolve to pg_catalog alone when it is read, and PostgreSQL
   * prints with the schema itself in the path when it runs.
   * @param version server_version_num
   */
  sql(version: number): string
  shape(fact: unknown, names: Names): Shaped
}

export type Shaped = { readonly objects?: readonly StructureObject[]; readonly uncompared?: readonly string[] }

/** The rows of a part are what its own SELECT made of them. */
export const part = <Fact>(name: string, sql: (version: number) => string, shape: (fact: Fact, names: Names) => Shaped): Part => ({
  name,
  sql,
  shape: (fact, names) => shape(fact as Fact, names),
})

/** What is undefined, null or an empty list is at its default, and is not said. */
export type Loose = Readonly<Record<string, FactValue | undefined>>

const isSaid = (value: FactValue | undefined): value is FactValue => value !== undefined && value !== null && (!Array.isArray(value) || value.length > 0)

/** For what is not so by default. */
export const flag = (is: boolean): true | undefined => (is ? true : undefined)

const said = (fields: Loose): Facts =>
  Object.fromEntries(
    Object.keys(fields)
      .toSorted()
      .flatMap((field): Array<[string, FactValue]> => {
        const value = fields[field]
        return isSaid(value) ? [[field, value]] : []
      }),
  )

export type LooseFacts = Partial<Record<keyof StructureObject['facts'], Loose>>

export const objectOf = (kind: StructureObject['kind'], of: string, name: string, loose: LooseFacts): StructureObject => ({
  kind,
  of,
  name,
  facts: Object.fromEntries(
    facets.flatMap((facet) => {
      const fields = said(loose[facet] ?? {})
      return Object.keys(fields).length === 0 ? [] : [[facet, fields]]
    }),
  ),
})
