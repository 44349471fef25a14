import { SearchX } from 'lucide-react'
import { DeadEnd } from '@/components/ui/dead-end'

export default function NotFound() {
  return (
    <DeadEnd heading="Not found" icon={SearchX} title="There is no such page">
      The address may be misspelled, or what it names is gone. ⌘K finds tenants, runs and pages.
    </DeadEnd>
  )
}
