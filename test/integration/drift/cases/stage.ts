/** Schemas on the server under test: built, mended as a run does it, and read. */
import postgres from 'postgres'
import type { Structure } from '../../../../lib/tenancy/contract/index.ts'
import { readStructures } from '../../../../lib/tenancy/drift/snapshot/read-structures.ts'
import { connectFleet } from '../../../../lib/tenancy/session/fleet-connection.ts'

export type Stage = {
  readonly sql: postgres.Sql
  /** In scripts `$role` is the tenant's role and `$schema` the schema. */
  build(schema: string, ...scripts: readonly string[]): Promise<void>
  /** One transaction, the path and the role's name set for it. @returns what the server said against it */
  execute(schema: string, statements: readonly string[]): Promise<string>
  read(schemas: readonly string[]): Promise<ReadonlyMap<string, Structure>>
  close(): Promise<void>
}

/** @param role of the tenant; made here and dropped in the end */
export const openStage = async (url: string, role: string): Promise<Stage> => {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  await sql.unsafe(`create role ${role}`)
  const connection = await connectFleet(url, { applicationName: 'tenantry:test' })
  const [row] = await sql<Array<{ version: string }>>`select current_setting('server_version_num') as version`
  const placed = (text: string, schema: string): string => text.replaceAll('$role', role).replaceAll('$schema', schema)
  return {
    sql,
    build: async (schema, ...scripts) => {
      const given = scripts.filter((text) => text !== '').map((text) => placed(text, schema))
      await sql.unsafe([`create schema ${schema}`, `set search_path = ${schema}`, ...given].join(';\n')).simple()
    },
    execute: async (schema, statements) => {
      const head = ['begin', `set local tenantry.role = '${role}'`, `set local search_path = ${schema}`]
      try {
        await sql.unsafe([...head, ...statements, 'commit'].join(';\n')).simple()
        return ''
      } catch (error) {
        await sql.unsafe('rollback').simple()
        return error instanceof Error ? error.message : String(error)
      }
    },
    read: async (schemas) => {
      const found = await readStructures(
        connection,
        schemas.map((schema) => ({ schema, role })),
        Number(row?.version),
      )
      return new Map(
        schemas.map((schema) => {
          const structure = found.get(schema)
          if (!structure) throw new Error(`there is no schema ${schema}`)
          return [schema, structure]
        }),
      )
    },
    close: async () => {
      await connection.close()
      await sql.unsafe(`drop owned by ${role} cascade; drop role ${role}`).simple()
      await sql.end()
    },
  }
}
