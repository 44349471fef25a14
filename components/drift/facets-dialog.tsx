'use client'

import { SlidersHorizontal } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { Checkbox } from '@/components/ui/checkbox'
import { Dialog, DialogContent, DialogTrigger, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { useCommand } from '@/lib/client/use-command'
import { useDriftChange } from '@/lib/client/use-drift-change'
import { ignorableFacets, type Facet } from '@/lib/tenancy/contract'
import type { IgnoreFacets } from './drift-actions'
import { facetWords, ignoredSentence } from './drift-model'

type Props = { readonly set: string; readonly ignored: readonly Facet[]; readonly ignore: IgnoreFacets }

/** What a set compares beside the structure itself. */
export function FacetsDialog(props: Props) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm" aria-label={`Change what ${props.set} compares`}>
          <SlidersHorizontal aria-hidden />
          Change…
        </Button>
      </DialogTrigger>
      <DialogContent
        title={`What ${props.set} compares`}
        description="Tables, columns, constraints, indexes, functions and the like always count. What is left out here makes no shape in any tenant of the set."
      >
        <FacetsForm {...props} onDone={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  )
}

function FacetsForm({ set, ignored, ignore, onDone }: Props & { readonly onDone: () => void }) {
  const changed = useDriftChange()
  const [left, setLeft] = useState<ReadonlySet<Facet>>(new Set(ignored))
  const facets = ignorableFacets.filter((facet) => left.has(facet))
  const { run, busy, error } = useCommand(ignore, () => {
    toast.success(`${set}: ${ignoredSentence(facets).toLowerCase()}.`, { description: 'What was seen is compared by that from now on.' })
    changed()
    onDone()
  })
  const turn = (facet: Facet, isCompared: boolean): void => setLeft(new Set(isCompared ? [...left].filter((one) => one !== facet) : [...left, facet]))
  return (
    <form
      className="flex flex-col gap-1"
      onSubmit={(event) => {
        event.preventDefault()
        void run({ set, facets })
      }}
    >
      {ignorableFacets.map((facet) => (
        <label key={facet} className="flex cursor-pointer items-start gap-2.5 rounded-sm px-2 py-1.5 hover:bg-hover">
          <Checkbox className="mt-0.5" checked={!left.has(facet)} onCheckedChange={(on) => turn(facet, on)} />
          <span>
            {facetWords[facet].label}
            <span className="block text-xs text-muted">{facetWords[facet].hint}</span>
          </span>
        </label>
      ))}
      <ErrorNote error={error} />
      <FormActions className="mt-3" busy={busy}>
        Compare these
      </FormActions>
    </form>
  )
}
