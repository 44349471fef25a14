'use client'

import { useQueryClient } from '@tanstack/react-query'
import { Ellipsis, History, Save } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Dotted } from '@/components/ui/dotted'
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from '@/components/ui/menu'
import { PageHeader } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { reportKeys } from '@/lib/client/queries/reports'
import { toastRefusal } from '@/lib/client/toast-refusal'
import { useCommand } from '@/lib/client/use-command'
import type { SavedReport } from '@/lib/tenancy/contract'
import type { Draft } from './draft-model'
import { SavedDialogs, type OpenDialog } from './saved-dialogs'
import type { SavedReportActions } from './report-actions'
import { contentOf, detailsOf, isChanged, runnersSentence, withDraft, type Details } from './saved-model'
import { useDeclaredParams } from './use-report-check'

type Props = {
  readonly saved: SavedReport
  readonly draft: Draft
  readonly actions: SavedReportActions
  readonly mayCreate: boolean
  /** Back to what is saved. */
  readonly onForget: () => void
}

/** What a report is called and whose it is, and what may be done with it. */
export function SavedHeader({ saved, draft, actions, mayCreate, onForget }: Props) {
  const [open, setOpen] = useState<OpenDialog>(null)
  const client = useQueryClient()
  const afterwards = (): void => {
    setOpen(null)
    onForget()
    void client.invalidateQueries({ queryKey: reportKeys.all })
  }
  const change = useCommand(actions.change, afterwards, open === null ? toastRefusal : undefined)
  const changed = isChanged(saved, draft)
  const content = withDraft(contentOf(saved), draft, useDeclaredParams(draft))
  const save = (details: Details = detailsOf(saved)): void =>
    void change.run({ ...content, ...details, runnableBy: [...details.runnableBy], report: saved.id, revision: saved.revision })

  return (
    <>
      <PageHeader
        title={saved.name}
        actions={
          <>
            {changed ? (
              <Button variant="ghost" onClick={onForget}>
                Discard changes
              </Button>
            ) : null}
            {saved.mayChange ? (
              <Button busy={change.busy && open === null} disabled={!changed} onClick={() => save()}>
                <Save aria-hidden />
                {changed ? 'Save' : 'Saved'}
              </Button>
            ) : null}
            <Button onClick={() => setOpen('history')}>
              <History aria-hidden />
              Edits
            </Button>
            {saved.mayChange || mayCreate ? (
              <Menu>
                <MenuTrigger asChild>
                  <Button size="icon" aria-label="More of this report">
                    <Ellipsis aria-hidden />
                  </Button>
                </MenuTrigger>
                <MenuContent>
                  {saved.mayChange ? <MenuItem onSelect={() => setOpen('details')}>{saved.mayShare ? 'Name and rights…' : 'Name…'}</MenuItem> : null}
                  {mayCreate ? <MenuItem onSelect={() => setOpen('copy')}>Save as another…</MenuItem> : null}
                  {saved.mayShare ? (
                    <>
                      <MenuSeparator />
                      <MenuItem danger onSelect={() => setOpen('remove')}>
                        Delete…
                      </MenuItem>
                    </>
                  ) : null}
                </MenuContent>
              </Menu>
            ) : null}
          </>
        }
      >
        {saved.description === '' ? null : <p className="max-w-[80ch] break-words">{saved.description}</p>}
        <Dotted>
          <>
            Owned by <span className="text-ink">{saved.owner}</span>
          </>
          {runnersSentence(saved.runnableBy).replace(/\.$/, '')}
          <>
            edit {saved.revision} by {saved.updatedBy}, <RelativeTime at={saved.updatedAt} />
          </>
        </Dotted>
      </PageHeader>
      <SavedDialogs
        saved={saved}
        content={content}
        actions={actions}
        open={open}
        onSave={save}
        change={change}
        onChanged={afterwards}
        onClose={() => setOpen(null)}
      />
    </>
  )
}
