import { useState } from 'react'
import type { TenantFilter, TenantRow } from '@/lib/tenancy/contract'
import { headerState, isChosen, isNothing, nothing, toggle, toggleAll, type Chosen, type Order } from './selection-model'

const slugIn = (key: string): string => key.split(' ', 1)[0] ?? key

/**
 * What is selected in the table. Another filter is another list: the selection starts anew with it.
 * @param read the rows that were read; asked for only when something is or gets selected
 */
export const useChosen = (read: () => ReadonlyArray<TenantRow | undefined>, filter: TenantFilter) => {
  const [chosen, setChosen] = useState<Chosen>(nothing)
  const mark = JSON.stringify(filter)
  const [known, setKnown] = useState(mark)
  if (known !== mark) {
    setKnown(mark)
    setChosen(nothing)
  }
  const order = (): Order => read().map((row) => row?.slug)
  return {
    chosen,
    chooseAll: () => setChosen({ kind: 'matching' }),
    clear: () => setChosen(nothing),
    forTable: {
      isSelected: (key: string) => isChosen(chosen, slugIn(key)),
      all: isNothing(chosen) ? false : headerState(chosen, order()),
      onToggle: (key: string, range: boolean) => setChosen((now) => toggle(now, slugIn(key), range, order())),
      onToggleAll: () => setChosen((now) => toggleAll(now, order())),
      onClear: () => setChosen(nothing),
    },
  }
}
