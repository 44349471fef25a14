import type { CommandResult, DatabaseFacts, DatabaseRow } from '@/lib/tenancy/contract'

/** The server actions of the databases page, given by it. */
export type DatabaseActions = {
  readonly check: (input: { url: string; directUrl?: string }) => Promise<CommandResult<DatabaseFacts>>
  readonly add: (input: { name: string; url: string; directUrl?: string; budget: number }) => Promise<CommandResult<DatabaseRow>>
  readonly changeUrl: (input: { name: string; url: string; directUrl?: string }) => Promise<CommandResult<DatabaseRow>>
  readonly setBudget: (input: { name: string; budget: number }) => Promise<CommandResult<void>>
  readonly setNotes: (input: { name: string; on: boolean }) => Promise<CommandResult<void>>
  readonly remove: (input: { name: string }) => Promise<CommandResult<void>>
}
