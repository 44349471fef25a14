'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'
import { useFleetStream } from '@/lib/client/fleet-stream'

/** Has a page that the server draws drawn again when the fleet changed: a step done in a terminal shows at once. */
export function RefreshOnChange() {
  const router = useRouter()
  const { turns } = useFleetStream()
  useEffect(() => {
    if (turns > 0) router.refresh()
  }, [turns, router])
  return null
}
