'use client'

import { useQueryClient } from '@tanstack/react-query'
import { Ban, CirclePause, CirclePlay, RefreshCw, RotateCcw, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { Button, type ButtonVariant } from '@/components/ui/button'
import { runKeys } from '@/lib/client/queries/runs'
import { toastRefusal } from '@/lib/client/toast-refusal'
import { useCommand } from '@/lib/client/use-command'
import type { Role } from '@/lib/tenancy/contract'
import { ConfirmDialog } from './confirm-dialog'
import type { RunActions } from './run-actions'
import { commandsOffered, type RunCommand, type RunCommandOffer, type RunFacts } from './run-model'
import { useTryAgain } from './use-try-again'

const icons: Readonly<Record<RunCommand, LucideIcon>> = { pause: CirclePause, resume: CirclePlay, retry: RotateCcw, rerun: RefreshCw, cancel: Ban }
const variants: Readonly<Record<RunCommandOffer['emphasis'], ButtonVariant>> = { primary: 'primary', plain: 'secondary', danger: 'danger' }

type Props = { readonly run: RunFacts; readonly role: Role; readonly actions: RunActions }

/** What may be done with the run now, by this person. */
export function RunControls({ run, role, actions }: Props) {
  const [asked, setAsked] = useState<RunCommandOffer | null>(null)
  const client = useQueryClient()
  const onDone = (): void => {
    setAsked(null)
    void client.invalidateQueries({ queryKey: runKeys.run(run.id) })
  }
  const pause = useCommand(actions.pause, onDone, toastRefusal)
  const resume = useCommand(actions.resume, onDone, toastRefusal)
  const cancel = useCommand(actions.cancel, onDone)
  const again = useTryAgain(run.id, actions, { rerunIsAsked: true })
  const busy: Readonly<Record<RunCommand, boolean>> = {
    pause: pause.busy,
    resume: resume.busy,
    retry: again.retry.busy,
    rerun: again.busy,
    cancel: cancel.busy,
  }

  const send = (command: RunCommand, note = ''): void => {
    switch (command) {
      case 'pause':
        return void pause.run({ run: run.id })
      case 'resume':
        return void resume.run({ run: run.id })
      case 'cancel':
        return void cancel.run({ run: run.id })
      case 'retry':
        setAsked(null)
        return void again.retry.run({ run: run.id })
      case 'rerun':
        return void again.rerun.run({ run: run.id, note })
    }
  }

  const close = (): void => {
    setAsked(null)
    cancel.clear()
    again.rerun.clear()
  }

  return (
    <>
      {commandsOffered(run, role).map((offer) => {
        const Icon = icons[offer.command]
        return (
          <Button
            key={offer.command}
            variant={variants[offer.emphasis]}
            busy={busy[offer.command] && asked === null}
            onClick={() => (offer.confirm ? setAsked(offer) : send(offer.command))}
          >
            <Icon aria-hidden />
            {offer.label}
          </Button>
        )
      })}
      {asked?.confirm ? (
        <ConfirmDialog
          confirm={asked.confirm}
          danger={asked.emphasis === 'danger'}
          busy={busy[asked.command]}
          error={asked.command === 'cancel' ? cancel.error : again.rerun.error}
          onConfirm={(note) => send(asked.command, note)}
          onClose={close}
        />
      ) : null}
    </>
  )
}
