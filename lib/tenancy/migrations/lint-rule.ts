import type { LintFinding } from '../contract/views.ts'
import type { Statement } from '../sql/statements.ts'
import type { LoadedMigration } from './types.ts'

/** Looks at one statement of a migration and reports what it finds. */
export type Rule = (migration: LoadedMigration, statement: Statement, report: Report) => void
/** @param offset in bytes of the script, where it is not the statement's own */
export type Report = (rule: string, level: LintFinding['level'], message: string, offset?: number) => void
