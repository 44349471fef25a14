import type { CommandResult, RerunRef, StopBlockerInput } from '@/lib/tenancy/contract'

/** The server actions of a run, given by the page. */
export type RunActions = {
  readonly pause: (input: { run: number }) => Promise<CommandResult<void>>
  readonly resume: (input: { run: number }) => Promise<CommandResult<void>>
  readonly cancel: (input: { run: number }) => Promise<CommandResult<void>>
  readonly retry: (input: { run: number; slugs?: string[] }) => Promise<CommandResult<{ readonly items: number }>>
  readonly rerun: (input: { run: number; slugs?: string[]; note?: string }) => Promise<CommandResult<RerunRef>>
  readonly cancelBlocker: (input: StopBlockerInput) => Promise<CommandResult<void>>
  readonly terminateBlocker: (input: StopBlockerInput) => Promise<CommandResult<void>>
}
