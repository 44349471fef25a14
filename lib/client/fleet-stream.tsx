'use client'

import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { createContext, use, useEffect, useMemo, useRef, useState } from 'react'
import type { FleetEvent, RunSummary } from '@/lib/tenancy/contract'
import { fleetKeys } from './keys'
import { useEventStream, type StreamStatus } from './use-event-stream'

type FleetStream = {
  readonly status: StreamStatus
  /** How often something was read again because it had changed. */
  readonly turns: number
}

const FleetStreamContext = createContext<FleetStream>({ status: 'connecting', turns: 0 })

/** Branches of the query tree that a change makes out of date. */
const branches: Readonly<Record<FleetEvent['changed'][number], ReadonlyArray<readonly string[]>>> = {
  observations: [['fleet', 'overview'], ['fleet', 'map'], ['tenants'], ['drift'], ['migrations'], ['databases']],
  tenants: [['fleet', 'overview'], ['fleet', 'map'], ['tenants'], ['drift']],
  sets: [['fleet', 'overview'], ['migrations'], ['tenants'], ['drift']],
  databases: [['fleet', 'overview'], ['databases']],
  runs: [['fleet', 'overview'], ['runs']],
}

/** A busy run changes things several times a second; what is on the screen is read again at most this often. */
const settleMs = 1500

const invalidate = (client: QueryClient, changed: ReadonlySet<FleetEvent['changed'][number]>): void => {
  const keys = new Map([...changed].flatMap((kind) => branches[kind]).map((key) => [key.join('/'), key]))
  for (const queryKey of keys.values()) void client.invalidateQueries({ queryKey })
}

/** One connection for the whole console: keeps the open runs in the cache and has the rest read again when it changed. */
export function FleetStreamProvider({ children }: { readonly children: React.ReactNode }) {
  const client = useQueryClient()
  const [turns, setTurns] = useState(0)
  const waiting = useRef(new Set<FleetEvent['changed'][number]>())
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])

  const status = useEventStream<FleetEvent>({
    url: '/api/fleet/events',
    onMessage: (event) => {
      client.setQueryData<readonly RunSummary[]>(fleetKeys.activeRuns, event.activeRuns)
      for (const kind of event.changed) waiting.current.add(kind)
      if (waiting.current.size === 0 || timer.current !== undefined) return
      timer.current = setTimeout(() => {
        timer.current = undefined
        invalidate(client, waiting.current)
        waiting.current.clear()
        setTurns((now) => now + 1)
      }, settleMs)
    },
  })
  const stream = useMemo(() => ({ status, turns }), [status, turns])
  return <FleetStreamContext value={stream}>{children}</FleetStreamContext>
}

export const useFleetStream = (): FleetStream => use(FleetStreamContext)
