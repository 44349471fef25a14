'use client'

import { useRef, useState } from 'react'
import type { CommandResult, ErrorDocument } from '@/lib/tenancy/contract'
import { fieldProblems } from './field-problems'
import { noteRefusal } from './signed-out'

const noAnswer: ErrorDocument = {
  code: 'internal',
  message: 'The console did not answer.',
  hint: 'Check the connection and look whether it was done before you try again.',
  details: {},
}

/** What an `input.invalid` says about one field, as a sentence to stand under it; null when it says nothing. */
export const problemOf = (error: ErrorDocument | null, field: string): string | null =>
  fieldProblems(error).find((problem) => problem.field === field)?.sentence ?? null

/**
 * Runs a server action, once at a time: while one is on its way a second call does nothing.
 * `error` holds the refusal of the last call, `busy` whether one is on its way. `onRefused` is for places without room for the
 * error beside the button.
 */
export const useCommand = <I, T>(action: (input: I) => Promise<CommandResult<T>>, onDone?: (data: T) => void, onRefused?: (error: ErrorDocument) => void) => {
  const isRunning = useRef(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ErrorDocument | null>(null)

  const run = async (input: I): Promise<void> => {
    if (isRunning.current) return
    isRunning.current = true
    setBusy(true)
    setError(null)
    const result = await action(input).catch((): CommandResult<T> => ({ ok: false, error: noAnswer }))
    isRunning.current = false
    setBusy(false)
    if (result.ok) onDone?.(result.data)
    else {
      noteRefusal(result.error.code)
      setError(result.error)
      onRefused?.(result.error)
    }
  }
  return { run, busy, error, clear: () => setError(null) }
}
