import { CircleCheck, CircleSlash, Mail, type LucideIcon } from 'lucide-react'
import { Badge } from '@/components/ui/badge'
import type { Tone } from '@/components/ui/tone'
import type { PersonRow } from '@/lib/tenancy/contract'

const looks: Readonly<Record<PersonRow['state'], { readonly word: string; readonly tone: Tone; readonly icon: LucideIcon }>> = {
  active: { word: 'active', tone: 'good', icon: CircleCheck },
  invited: { word: 'invited', tone: 'live', icon: Mail },
  disabled: { word: 'disabled', tone: 'gone', icon: CircleSlash },
}

export function PersonState({ state }: { readonly state: PersonRow['state'] }) {
  const { word, tone, icon: Icon } = looks[state]
  return (
    <Badge tone={tone}>
      <Icon aria-hidden className="size-3" />
      {word}
    </Badge>
  )
}
