'use client'

import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { toast } from 'sonner'
import { runKeys } from '@/lib/client/queries/runs'
import { toastRefusal } from '@/lib/client/toast-refusal'
import { useCommand } from '@/lib/client/use-command'
import { plural } from '@/lib/format'
import { describePutRight, putRightCount } from '@/lib/tenancy/contract'
import type { RunActions } from './run-actions'

/**
 * Chosen items once more: `retry` inside the open run, `rerun` as a new run, to which it leads.
 * Refusals become toasts; a dialog that shows a refused rerun itself says `rerunIsAsked`.
 */
export const useTryAgain = (run: number, actions: Pick<RunActions, 'retry' | 'rerun'>, { rerunIsAsked = false } = {}) => {
  const client = useQueryClient()
  const router = useRouter()
  // The page of the new run takes a moment to come; until then a second press would be a second rerun.
  const [leaving, setLeaving] = useState(false)
  const retry = useCommand(
    actions.retry,
    ({ items }) => {
      toast.success(`${plural(items, 'target')} ${items === 1 ? 'waits' : 'wait'} for a new attempt.`)
      void client.invalidateQueries({ queryKey: runKeys.run(run) })
    },
    toastRefusal,
  )
  const rerun = useCommand(
    actions.rerun,
    ({ run: made, items, putRight }) => {
      setLeaving(true)
      const leftOut = describePutRight(putRight, items + putRightCount(putRight))
      toast.success(`Run ${made} is started with ${plural(items, 'target')}.`, leftOut === null ? undefined : { description: `${leftOut}, and left out.` })
      router.push(`/runs/${made}`)
    },
    rerunIsAsked ? undefined : toastRefusal,
  )
  return { retry, rerun, busy: retry.busy || rerun.busy || leaving }
}
