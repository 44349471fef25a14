/** One throw-away PostgreSQL server for a whole test run, with the control plane's template database on it. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { openEmbedded } from '../../lib/embedded/index.ts'
import type { EmbeddedPackage, EmbeddedServer } from '../../lib/embedded/index.ts'
import { migrationsDir } from '../../lib/connection.ts'
import { migrateControl } from '../../lib/tenancy/migrations/control-plane.ts'
import { makeFolder, sweepDead } from './folder.ts'
import { templateDatabase } from './template.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Connection string of the superuser's own database on the server under test. */
    readonly serverUrl: string
    /** PostgreSQL's major version there. */
    readonly serverMajor: number
  }
}

const makeTemplate = async (server: EmbeddedServer): Promise<void> => {
  const sql = postgres(server.urlOf('postgres'), { max: 1, onnotice: () => undefined })
  await sql`create database ${sql(templateDatabase)}`
  await migrateControl(server.urlOf(templateDatabase), join(migrationsDir, 'control'))
  // CREATE DATABASE … TEMPLATE fails while anybody is connected to the template.
  await sql`alter database ${sql(templateDatabase)} allow_connections false`
  await sql.end()
}

/** A vitest global setup that starts a server of the package and removes it with its data after the run. */
export const startCluster =
  (name: EmbeddedPackage, major: number) =>
  async (project: TestProject): Promise<() => Promise<void>> => {
    await sweepDead()
    const dataDir = makeFolder(project.name)
    const server = await openEmbedded({ dataDir, package: name, isDurable: false, settings: { max_connections: '300' } })
    await makeTemplate(server)
    project.provide('serverUrl', server.urlOf('postgres'))
    project.provide('serverMajor', major)
    return async () => {
      await server.release()
      rmSync(dataDir, { recursive: true, force: true })
    }
  }
