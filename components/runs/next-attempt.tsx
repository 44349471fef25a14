import { useNow } from '@/components/ui/clock'
import { RelativeTime } from '@/components/ui/relative-time'

/** When an item that was put aside is tried again: its pause may be over while others are still before it. */
export function NextAttempt({ at }: { readonly at: string }) {
  const now = useNow()
  return now !== null && Date.parse(at) <= now ? 'after those before it' : <RelativeTime at={at} />
}
