'use client'

import { CircleCheck, CircleX, FlaskConical } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { ErrorNote } from '@/components/ui/error-note'
import { useCommand } from '@/lib/client/use-command'
import type { RepairTrial } from '@/lib/tenancy/contract'
import type { RepairActions } from './drift-actions'
import { trialSentence } from './shape-model'

type Props = { readonly set: string; readonly shape: string; readonly tryOne: RepairActions['tryOne'] }

/** Does all of it on the first tenant, looks, and rolls it back. */
export function TryRepair({ set, shape, tryOne }: Props) {
  const [trial, setTrial] = useState<RepairTrial | null>(null)
  const { run, busy, error } = useCommand(tryOne, setTrial)
  return (
    <div className="flex flex-col gap-2">
      <Button className="self-start" busy={busy} onClick={() => void run({ set, shape })}>
        <FlaskConical aria-hidden />
        Try on one tenant
      </Button>
      <div role="status" className="empty:hidden">
        {trial === null || busy ? null : <Outcome trial={trial} />}
      </div>
      <ErrorNote error={error} />
    </div>
  )
}

function Outcome({ trial }: { readonly trial: RepairTrial }) {
  const isGood = trial.outcome !== 'failed'
  return (
    <div className="flex gap-2">
      {isGood ? (
        <CircleCheck aria-hidden className="mt-0.5 size-3.5 shrink-0 text-good-ink" />
      ) : (
        <CircleX aria-hidden className="mt-0.5 size-3.5 shrink-0 text-bad-ink" />
      )}
      <div className="min-w-0 break-words">
        <p>{trialSentence(trial)}</p>
        {trial.error === null ? null : (
          <p className="text-muted">
            <span className="mono">{trial.error.code}</span> {trial.error.message}
          </p>
        )}
        {trial.findings.map(({ key, sentence }) => (
          <p key={key} className="text-muted">
            {sentence}
          </p>
        ))}
      </div>
    </div>
  )
}
