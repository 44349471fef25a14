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
import type { ChangeReportInput, ErrorDocument } from '@/lib/tenancy/contract'
import { OvertakenNote } from './overtaken-note'
import { SavedDialogs, type OpenDialog } from './saved-dialogs'
import type { SavedReportActions } from './report-actions'
import { contentOf, detailsOf, isChanged, runnersSentence, withDraft, type Details } from './saved-model'
import type { Writing } from './use-begun'
import { useDeclaredParams } from './use-report-check'

type Props = { readonly writing: Writing; readonly actions: SavedReportActions; readonly mayCreate: boolean }

/** What a report is called and whose it is, and what may be done with it. */
export function SavedHeader({ writing, actions, mayCreate }: Props) {
  const { saved, draft, begunOn, isOvertaken, forget, noteSaved } = writing
  const [open, setOpen] = useState<OpenDialog>(null)
  const client = useQueryClient()
  const refresh = (): void => void client.invalidateQueries({ queryKey: reportKeys.all })
  const onRefused = (error: ErrorDocument): void => {
    if (error.code === 'report.changed') refresh()
    if (open !== 'details') toastRefusal(error)
  }
  const change = useCommand(
    async (input: ChangeReportInput) => {
      const result = await actions.change(input)
      return result.ok ? { ok: true as const, data: { content: input, revision: result.data.revision } } : result
    },
    ({ content, revision }) => {
      setOpen(null)
      noteSaved(content, revision)
      refresh()
    },
    onRefused,
  )
  const changed = isChanged(saved, draft)
  const content = withDraft(contentOf(saved), draft, useDeclaredParams(draft))
  const save = (onto: number, details: Details = detailsOf(saved)): void =>
    void change.run({ ...content, ...details, runnableBy: [...details.runnableBy], report: saved.id, revision: onto })
  const afterRestoring = (): void => {
    setOpen(null)
    if (!isOvertaken) forget()
    refresh()
  }

  return (
    <>
      <PageHeader
        title={saved.name}
        actions={
          <>
            {changed && !isOvertaken ? (
              <Button variant="ghost" onClick={forget}>
                Discard changes
              </Button>
            ) : null}
            {saved.mayChange && !isOvertaken ? (
              <Button busy={change.busy && open === null} disabled={!changed} onClick={() => save(saved.revision)}>
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
      {isOvertaken ? (
        <OvertakenNote saved={saved} begunOn={begunOn} busy={change.busy && open === null} onSave={() => save(saved.revision)} onTake={forget} />
      ) : null}
      <SavedDialogs
        saved={saved}
        content={content}
        actions={actions}
        open={open}
        onSave={(details) => save(begunOn, details)}
        change={change}
        onRestored={afterRestoring}
        onRefused={onRefused}
        onClose={() => setOpen(null)}
      />
    </>
  )
}
