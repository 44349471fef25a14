/** Schemas on the server under test, each built under its own path, and what drift sees of them. */
import { inject } from 'vitest'
import postgres from 'postgres'
import { facets, type Facet, type Fingerprints, type Structure } from '../../lib/tenancy/contract/structure.ts'
import { fingerprintsOf } from '../../lib/tenancy/drift/fingerprint.ts'
import { readStructures } from '../../lib/tenancy/drift/snapshot/read-structures.ts'
import { traceSchemas } from '../../lib/tenancy/drift/snapshot/trace.ts'
import { connectFleet } from '../../lib/tenancy/session/fleet-connection.ts'
import { quoteIdent } from '../../lib/tenancy/sql/ident.ts'
import type { Databases } from './template.ts'

export type Seen = { readonly structure: Structure; readonly prints: Fingerprints; readonly trace: string }

export type Schemas = {
  readonly sql: postgres.Sql
  /** server_version_num */
  readonly version: number
  /** As Tenantry builds: extensions and nothing else beside the schema in the path. */
  build(schema: string, ddl: string): Promise<void>
  look(schemas: readonly string[]): Promise<Map<string, Seen>>
  lookAt(schema: string): Promise<Seen>
  traces(schemas: readonly string[]): Promise<Map<string, string>>
  close(): Promise<void>
}

/** @param role the tenant's, of every schema */
export const openSchemas = async (databases: Databases, role: string | null = null): Promise<Schemas> => {
  const url = await databases.empty()
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  const connection = await connectFleet(url, { applicationName: 'tenantry:drift-test' })
  const version = Number((await connection.query<{ number: string }>(`SELECT current_setting('server_version_num') AS number`))[0]?.number)

  const look: Schemas['look'] = async (schemas) => {
    const places = schemas.map((schema) => ({ schema, role }))
    const structures = await readStructures(connection, places, version)
    const traces = await traceSchemas(connection, places, version)
    return new Map(
      schemas.map((schema) => {
        const structure = structures.get(schema)
        const trace = traces.get(schema)
        if (!structure || trace === undefined) throw new Error(`${schema} was not seen`)
        return [schema, { structure, prints: fingerprintsOf(structure), trace }]
      }),
    )
  }
  const lookAt: Schemas['lookAt'] = async (schema) => {
    const seen = (await look([schema])).get(schema)
    if (!seen) throw new Error(`${schema} was not seen`)
    return seen
  }
  return {
    sql,
    version,
    async build(schema, ddl) {
      try {
        await sql.unsafe(`begin; create schema if not exists ${quoteIdent(schema)}; set local search_path = ${quoteIdent(schema)}; ${ddl}; commit`).simple()
      } catch (error) {
        await sql.unsafe('rollback').simple()
        throw new Error(`this cannot be built: …${ddl.slice(-200)}`, { cause: error })
      }
    },
    look,
    lookAt,
    traces: (schemas) =>
      traceSchemas(
        connection,
        schemas.map((schema) => ({ schema, role })),
        version,
      ),
    async close() {
      await sql.end()
      await connection.close()
    },
  }
}

export const differingFacets = (one: Fingerprints, other: Fingerprints): readonly Facet[] => facets.filter((facet) => one[facet] !== other[facet])

/** A line an object, in which a difference is easily seen. */
export const linesOf = ({ objects }: Structure): readonly string[] =>
  objects.map(({ kind, of, name, facts }) => `${kind} ${of} ${name} ${JSON.stringify(facts)}`)

/** Roles belong to the server: of this process and this file. */
export const roleOf = (word: string): string => `drift_${word}_${process.pid}_${inject('serverMajor')}`
