'use client'

import { usePathname, useSearchParams } from 'next/navigation'
import { useMemo } from 'react'
import { readAddress, writeAddress, type RunAddress } from './run-items-model'

/** What the address says about the run's page. Opening an item is a step that Back undoes; filtering and sorting are not. */
export const useRunAddress = (): { readonly address: RunAddress; readonly change: (next: Partial<RunAddress>, step?: 'push' | 'replace') => void } => {
  const search = useSearchParams().toString()
  const path = usePathname()
  const address = useMemo(() => readAddress(new URLSearchParams(search)), [search])
  const change = (next: Partial<RunAddress>, step: 'push' | 'replace' = 'replace'): void => {
    const url = `${path}${writeAddress({ ...address, ...next })}`
    if (step === 'push') window.history.pushState(null, '', url)
    else window.history.replaceState(null, '', url)
  }
  return { address, change }
}
