/** Servers for the bench alone: durable as in production, in folders and on ports of their own, gone afterwards unless their folder is kept. */
import { rmSync } from 'node:fs'
import postgres from 'postgres'
import { openEmbedded } from '../../lib/embedded/index.ts'
import { makeFolder, sweepDead } from '../support/folder.ts'

export type ServerOptions = {
  /** Of its folder, where a bench has several. */
  readonly label?: string
  /** A folder that stays; one that goes with the server when not given. */
  readonly keptIn?: string
  readonly settings?: Readonly<Record<string, string>>
}

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

const opened = new Set<BenchServer>()

/** For Ctrl-C, which must not leave a server behind. */
export const closeServers = (): Promise<unknown> => Promise.all([...opened].map((server) => server.close()))

export const openServer = async ({ label = 'bench', keptIn, settings }: ServerOptions = {}): Promise<BenchServer> => {
  await sweepDead()
  const dataDir = keptIn ?? makeFolder(label)
  const embedded = await openEmbedded({ dataDir, ...(settings && { settings }) })
  const admin = (work: (sql: postgres.Sql) => Promise<unknown>) => withSql(embedded.urlOf('postgres'), work)
  const server: BenchServer = {
    urlOf: (database) => embedded.urlOf(database),
    async create(database) {
      await admin((sql) => sql`create database ${sql(database)}`)
      return embedded.urlOf(database)
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
      opened.delete(server)
      await embedded.release()
      if (keptIn === undefined) rmSync(dataDir, { recursive: true, force: true })
    },
  }
  opened.add(server)
  return server
}
