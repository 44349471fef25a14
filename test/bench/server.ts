/** A server for the bench alone: durable as in production, in a folder and on a port of its own, gone afterwards. */
import { rmSync } from 'node:fs'
import postgres from 'postgres'
import { openEmbedded } from '../../lib/embedded/index.ts'
import { makeFolder, sweepDead } from '../support/folder.ts'

export type BenchServer = {
  urlOf(database: string): string
  create(database: string): Promise<string>
  drop(database: string): Promise<void>
  /** Gives what was written before to the disk, so that its cost does not meet the next measurement. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** One connection for statements beside the clock. */
export const openSql = (url: string) => postgres(url, { max: 1, onnotice: () => undefined, connection: { application_name: 'bench' } })

export const withSql = async <T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
  const sql = openSql(url)
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** Roles belong to the whole server and outlive their database. */
const dropTenantRoles = `do $$ declare r text; begin
  for r in select rolname from pg_roles where rolname like 'tenant\\_%' loop execute format('drop role %I', r); end loop; end $$`

export const openServer = async (): Promise<BenchServer> => {
  await sweepDead()
  const dataDir = makeFolder('bench')
  const server = await openEmbedded({ dataDir })
  const admin = (work: (sql: postgres.Sql) => Promise<unknown>) => withSql(server.urlOf('postgres'), work)
  return {
    urlOf: (database) => server.urlOf(database),
    async create(database) {
      await admin((sql) => sql`create database ${sql(database)}`)
      return server.urlOf(database)
    },
    async drop(database) {
      await admin(async (sql) => {
        await sql`drop database if exists ${sql(database)} with (force)`
        await sql
          .unsafe(dropTenantRoles)
          .simple()
          .catch(() => undefined)
      })
    },
    settle: () => admin((sql) => sql`checkpoint`).then(() => undefined),
    async close() {
      await server.release()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
