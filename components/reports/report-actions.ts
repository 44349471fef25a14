import type { CommandResult, Selection } from '@/lib/tenancy/contract'

type StartInput = {
  readonly set: string
  readonly sql: string
  readonly params: Record<string, string>
  readonly selection: Selection
  readonly note?: string
}
export type StartReport = (input: StartInput) => Promise<CommandResult<{ readonly run: number }>>
