import { Lock } from 'lucide-react'
import { DeadEnd } from '@/components/ui/dead-end'

export default function Forbidden() {
  return (
    <DeadEnd heading="Not allowed" icon={Lock} title="Your role may not open this page">
      An admin can change your role under People.
    </DeadEnd>
  )
}
