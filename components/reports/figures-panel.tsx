'use client'

import { CircleAlert, Pencil, Pin, PinOff, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Panel } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { toastRefusal } from '@/lib/client/toast-refusal'
import { useCommand } from '@/lib/client/use-command'
import { maxFigures, type ReportFigure, type ReportFigureInput, type SavedReport } from '@/lib/tenancy/contract'
import { FigureDialog } from './figure-dialog'
import { alertWords, figureText, inputOf, lineWords, newest, partWords, sourceWords } from './figure-model'
import { FigureTrend } from './figure-trend'
import type { SavedReportActions } from './report-actions'

type Props = { readonly saved: SavedReport; readonly set: SavedReportActions['setFigures']; readonly onChanged: () => void }

/** Numbers that each run comes to: their newest value, their trend, and whether they are beyond their line. */
export function FiguresPanel({ saved, set, onChanged }: Props) {
  const [isOpen, setOpen] = useState(false)
  const [changed, setChanged] = useState<{ readonly figure: ReportFigure; readonly among: readonly ReportFigure[] } | null>(null)
  const command = useCommand(
    set,
    () => {
      setOpen(false)
      setChanged(null)
      onChanged()
    },
    isOpen || changed !== null ? undefined : toastRefusal,
  )
  const { figures } = saved
  /** What has come or gone since they were looked at is refused by the server, and not overwritten. */
  const sendOf = (among: readonly ReportFigure[], next: readonly ReportFigureInput[]): void =>
    void command.run({ report: saved.id, known: among.map(({ id }) => id), figures: [...next] })
  const send = (next: readonly ReportFigureInput[]): void => sendOf(figures, next)
  const without = (id: number): readonly ReportFigureInput[] => figures.filter((figure) => figure.id !== id).map(inputOf)
  return (
    <Panel
      title="Figures"
      actions={
        saved.mayChange && figures.length < maxFigures ? (
          <Button size="sm" variant="ghost" onClick={() => setOpen(true)}>
            Add a figure…
          </Button>
        ) : null
      }
    >
      {figures.length === 0 ? (
        <p className="px-4 py-3 text-sm text-muted">
          A number of each run, with its trend: on the page of the fleet, and with an alert where it crosses a line.
        </p>
      ) : (
        <ul>
          {figures.map((figure) => (
            <li key={figure.id} className="flex items-center gap-3 border-b border-line px-4 py-2 text-sm last:border-0">
              <FigureWords figure={figure} />
              <FigureTrend figure={figure} />
              {saved.mayChange ? (
                <span className="flex shrink-0">
                  <Button
                    size="icon-sm"
                    variant="ghost"
                    disabled={command.busy}
                    aria-label={`Change ${figure.name}`}
                    onClick={() => setChanged({ figure, among: figures })}
                  >
                    <Pencil aria-hidden />
                  </Button>
                  <Button
                    size="icon-sm"
                    variant="ghost"
                    disabled={command.busy}
                    aria-label={figure.isPinned ? `Take ${figure.name} off the fleet’s page` : `Pin ${figure.name} to the fleet’s page`}
                    title={figure.isPinned ? 'On the page of the fleet' : 'Pin to the page of the fleet'}
                    onClick={() => send(figures.map((one) => (one.id === figure.id ? { ...inputOf(one), isPinned: !one.isPinned } : inputOf(one))))}
                  >
                    {figure.isPinned ? <PinOff aria-hidden /> : <Pin aria-hidden />}
                  </Button>
                  <Button size="icon-sm" variant="ghost" disabled={command.busy} aria-label={`Remove ${figure.name}`} onClick={() => send(without(figure.id))}>
                    <Trash2 aria-hidden />
                  </Button>
                </span>
              ) : null}
            </li>
          ))}
        </ul>
      )}
      {isOpen || changed !== null ? (
        <FigureDialog
          given={changed && inputOf(changed.figure)}
          lastRun={saved.lastRun?.run ?? null}
          mayCombine={saved.combine !== null}
          busy={command.busy}
          error={command.error}
          onSave={(figure) =>
            changed === null
              ? send([...figures.map(inputOf), figure])
              : sendOf(
                  changed.among,
                  changed.among.map((one) => (one.id === changed.figure.id ? figure : inputOf(one))),
                )
          }
          onClose={() => {
            setOpen(false)
            setChanged(null)
            command.clear()
          }}
        />
      ) : null}
    </Panel>
  )
}

function FigureWords({ figure }: { readonly figure: ReportFigure }) {
  const last = newest(figure)
  const part = partWords(last)
  return (
    <div className="min-w-0 flex-1">
      <p className="break-words">
        <span className="font-medium">{figure.name}</span> <span className="text-base font-semibold">{figureText(last?.value ?? null)}</span>
      </p>
      <p className="truncate text-xs text-muted">{[sourceWords(figure), lineWords(figure)].filter((part) => part !== '').join(' · ')}</p>
      {last?.problem ? <p className="text-xs text-bad-ink">{last.problem}</p> : null}
      {part === '' ? null : <p className="text-xs text-muted">{part}</p>}
      {figure.alertingSince === null ? null : (
        <p className="flex items-center gap-1.5 text-xs text-bad-ink">
          <CircleAlert aria-hidden className="size-3.5" />
          {alertWords(figure)}, <RelativeTime at={figure.alertingSince} />
        </p>
      )}
    </div>
  )
}
