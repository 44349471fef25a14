'use client'

import { RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { Button, type ButtonVariant } from '@/components/ui/button'
import { ConfirmDialog } from './confirm-dialog'
import type { RunActions } from './run-actions'
import { rerunOf, retryOf, type RunFacts, type TryAgain } from './run-model'
import { useTryAgain } from './use-try-again'

type Props = {
  readonly run: Pick<RunFacts, 'id' | 'kind' | 'state' | 'counts'>
  readonly slugs: readonly string[]
  readonly by: TryAgain
  /** Whom, behind the verb: "these 4". */
  readonly what?: string
  readonly actions: RunActions
  readonly size?: 'sm'
  readonly variant?: ButtonVariant
}

/** Chosen targets once more: a retry goes on inside the open run, and asks only where that stands; a rerun is a run of its own, for which it asks, and why. */
export function TryAgainButton({ run, slugs, by, what = '', actions, size, variant }: Props) {
  const { retry, rerun, busy } = useTryAgain(run.id, actions, { rerunIsAsked: true })
  const [isAsked, setAsked] = useState(false)
  const confirm = by === 'rerun' ? rerunOf(run, slugs) : retryOf(run, what === '' ? (slugs[0] ?? '') : what)
  const send = (note: string): void => {
    if (by === 'rerun') return void rerun.run({ run: run.id, slugs: [...slugs], note })
    setAsked(false)
    void retry.run({ run: run.id, slugs: [...slugs] })
  }
  const close = (): void => {
    setAsked(false)
    rerun.clear()
  }
  return (
    <>
      <Button size={size} variant={variant} busy={busy && !isAsked} onClick={() => (confirm === null ? send('') : setAsked(true))}>
        <RotateCcw aria-hidden />
        {`${by === 'retry' ? 'Retry' : 'Rerun'} ${what}`.trim()}
      </Button>
      {isAsked && confirm !== null ? <ConfirmDialog confirm={confirm} danger={false} busy={busy} error={rerun.error} onConfirm={send} onClose={close} /> : null}
    </>
  )
}
