import type { LintFinding } from '../contract/views.ts'
import type { Statement } from '../sql/statements.ts'

/** One migration as read from its file. */
export type LoadedMigration = {
  readonly version: string
  readonly name: string
  readonly file: string
  readonly checksum: string
  readonly transactional: boolean
  readonly sql: string
  readonly downSql: string | null
  readonly statements: readonly Statement[]
}

export type LoadedSet = {
  readonly directory: string
  readonly migrations: readonly LoadedMigration[]
  readonly seedSql: string | null
  readonly findings: readonly LintFinding[]
}

/** What the engine runs: a frozen migration with its statements, made from stored content. */
export type ExecutableMigration = {
  readonly version: string
  readonly name: string
  readonly file: string
  readonly checksum: string
  readonly transactional: boolean
  readonly statements: readonly Statement[]
}
