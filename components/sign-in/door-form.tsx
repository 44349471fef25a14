'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { ErrorNote } from '@/components/ui/error-note'
import { problemOf, useCommand } from '@/lib/client/use-command'
import type { CommandResult } from '@/lib/tenancy/contract'

type Props<Input extends object> = {
  readonly send: (input: Input) => Promise<CommandResult<void>>
  readonly input: Input
  /** Where to go once one is in: a path of this console. */
  readonly next: string
  readonly button: string
  /** What of the input people type; what is wrong with it stands beside its field. */
  readonly typed: ReadonlyArray<keyof Input & string>
  readonly children: (problem: (field: keyof Input & string) => string | null) => React.ReactNode
}

/** The form of a door: sends once, says why not, and leads in. */
export function DoorForm<Input extends object>({ send, input, next, button, typed, children }: Props<Input>) {
  const [isLeaving, setLeaving] = useState(false)
  const { run, busy, error } = useCommand(send, () => {
    setLeaving(true)
    // A whole new page, so that nothing drawn for somebody signed out stays.
    window.location.replace(next)
  })
  const isAtField = typed.some((field) => problemOf(error, field) !== null)
  return (
    <form
      method="post"
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void run(input)
      }}
    >
      {children((field) => problemOf(error, field))}
      {error && !isAtField ? <ErrorNote error={error} /> : null}
      <Button type="submit" variant="primary" busy={busy || isLeaving}>
        {button}
      </Button>
    </form>
  )
}
