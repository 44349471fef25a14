'use client'

import { Save } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { useCommand } from '@/lib/client/use-command'
import { usualRowCap } from '@/lib/tenancy/contract'
import { DetailsDialog } from './details-dialog'
import type { Draft } from './draft-model'
import type { CreateReport } from './report-actions'
import { noDetails } from './saved-model'
import { useDeclaredParams } from './use-report-check'

type Props = { readonly draft: Draft; readonly create: CreateReport; readonly onSaved: () => void }

/** Gives a text a name, under which it stays. */
export function SaveNew({ draft, create, onSaved }: Props) {
  const [isOpen, setOpen] = useState(false)
  const router = useRouter()
  const save = useCommand(create, ({ id }) => {
    onSaved()
    router.push(`/reports/${id}`)
  })
  const { set, sql, selection, missing } = draft
  const params = useDeclaredParams(draft)
  return (
    <>
      <Button disabled={sql.trim() === ''} onClick={() => setOpen(true)}>
        <Save aria-hidden />
        Save…
      </Button>
      {isOpen ? (
        <DetailsDialog
          title="Save the report"
          submit="Save it"
          given={noDetails}
          mayShare
          busy={save.busy}
          error={save.error}
          onSubmit={(details) =>
            void save.run({
              set,
              sql,
              params,
              selection,
              missing,
              combine: null,
              chart: null,
              rowCap: usualRowCap,
              ...details,
              runnableBy: [...details.runnableBy],
            })
          }
          onClose={() => {
            setOpen(false)
            save.clear()
          }}
        />
      ) : null}
    </>
  )
}
