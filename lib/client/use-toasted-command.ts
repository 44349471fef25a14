'use client'

import { toast } from 'sonner'
import type { CommandResult } from '@/lib/tenancy/contract'
import { useCommand } from './use-command'

type Options<T> = { readonly onDone?: (data: T) => void }

/** useCommand for buttons that have no place of their own for a refusal: it is shown as a toast, with what to do next. */
export const useToastedCommand = <I, T>(action: (input: I) => Promise<CommandResult<T>>, { onDone }: Options<T> = {}) => {
  const { run, busy, error, clear } = useCommand<I, T>(async (input) => {
    const result = await action(input).catch((cause: unknown) => {
      toast.error('The console did not answer.', { description: 'Look whether it was done before you try again.' })
      throw cause
    })
    if (!result.ok) toast.error(result.error.message, { description: result.error.hint ?? undefined })
    return result
  }, onDone)
  return { send: (input: I): void => void run(input), busy, error, clear }
}
