'use client'

import { RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { Button, type ButtonVariant } from '@/components/ui/button'
import { ConfirmDialog } from './confirm-dialog'
import type { RunActions } from './run-actions'
import { rerunOf, type RunFacts, type TryAgain } from './run-model'
import { useTryAgain } from './use-try-again'

type Props = {
  readonly run: Pick<RunFacts, 'id' | 'kind'>
  readonly slugs: readonly string[]
  readonly by: TryAgain
  /** Whom, behind the verb: "these 4". */
  readonly what?: string
  readonly actions: RunActions
  readonly size?: 'sm'
  readonly variant?: ButtonVariant
}

/** Chosen targets once more: a retry goes on inside the open run at once; a rerun is a run of its own, for which it asks, and why. */
export function TryAgainButton({ run, slugs, by, what = '', actions, size, variant }: Props) {
  const { retry, rerun, busy } = useTryAgain(run.id, actions, { rerunIsAsked: true })
  const [isAsked, setAsked] = useState(false)
  const close = (): void => {
    setAsked(false)
    rerun.clear()
  }
  return (
    <>
      <Button
        size={size}
        variant={variant}
        busy={busy && !isAsked}
        onClick={() => (by === 'rerun' ? setAsked(true) : void retry.run({ run: run.id, slugs: [...slugs] }))}
      >
        <RotateCcw aria-hidden />
        {`${by === 'retry' ? 'Retry' : 'Rerun'} ${what}`.trim()}
      </Button>
      {isAsked ? (
        <ConfirmDialog
          confirm={rerunOf(run, slugs)}
          danger={false}
          busy={busy}
          error={rerun.error}
          onConfirm={(note) => void rerun.run({ run: run.id, slugs: [...slugs], note })}
          onClose={close}
        />
      ) : null}
    </>
  )
}
