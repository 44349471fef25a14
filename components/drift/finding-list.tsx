'use client'

import { Check, Undo2 } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { cn } from '@/components/ui/class-names'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import { formatUtc } from '@/lib/format'
import type { Acceptance, FindingSince, SeenFinding } from '@/lib/tenancy/contract'
import { AcceptDialog } from './accept-dialog'
import type { ShapeActions } from './drift-actions'
import { orderedFindings } from './drift-model'
import { driftStateLooks, severityLooks } from './drift-state'
import { FirstSeen } from './first-seen'
import { objectWords, rowsOf, sidesOf, type FactRow, type FactSide } from './shape-model'
import { TakeBackDialog } from './take-back-dialog'

type Props = {
  readonly set: string
  readonly findings: readonly SeenFinding[]
  readonly since: Readonly<Record<string, FindingSince>>
  /** Null for those who may only look. */
  readonly actions: ShapeActions | null
}

/** Object by object what differs: what should be there, what is, how bad that is. */
export function FindingList({ set, findings, since, actions }: Props) {
  const [asked, setAsked] = useState<string | null>(null)
  const ordered = orderedFindings(findings)
  const finding = ordered.find(({ key }) => key === asked)
  const close = (): void => setAsked(null)
  return (
    <>
      <ul className="rounded-lg border border-line bg-surface">
        {ordered.map((one) => (
          <FindingItem key={one.key} finding={one} since={since[one.key] ?? null} actions={actions} onAsk={() => setAsked(one.key)} />
        ))}
      </ul>
      {actions && finding ? (
        finding.accepted === null ? (
          <AcceptDialog set={set} finding={finding} accept={actions.accept} onClose={close} />
        ) : (
          <TakeBackDialog set={set} acceptance={finding.accepted} endAcceptance={actions.endAcceptance} onClose={close} />
        )
      ) : null}
    </>
  )
}

type ItemProps = { readonly finding: SeenFinding; readonly since: FindingSince | null; readonly actions: ShapeActions | null; readonly onAsk: () => void }

function FindingItem({ finding, since, actions, onAsk }: ItemProps) {
  const { accepted, severity, sentence } = finding
  return (
    <li className={cn('border-b border-line px-4 py-3 last:border-0', accepted && 'text-muted')}>
      <div className="flex flex-wrap items-start gap-x-3 gap-y-1">
        <div className="min-w-0 flex-1 basis-64">
          <h2 className={cn('break-words', accepted === null && 'font-medium')}>{sentence}</h2>
          <p className="flex flex-wrap items-center gap-x-3 text-xs text-muted">
            <StateBadge look={accepted ? driftStateLooks.accepted : severityLooks[severity]} />
            <span>{objectWords(finding)}</span>
            {since === null ? null : <FirstSeen {...since} />}
          </p>
        </div>
        {actions && accepted === null ? (
          <Button size="sm" aria-label={`Accept: ${sentence}`} onClick={onAsk}>
            <Check aria-hidden />
            Accept…
          </Button>
        ) : null}
      </div>
      {accepted === null ? null : <AcceptedNote acceptance={accepted} onTakeBack={actions === null ? null : onAsk} />}
      <FactTable rows={rowsOf(finding)} label={sentence} />
    </li>
  )
}

function AcceptedNote({ acceptance, onTakeBack }: { readonly acceptance: Acceptance; readonly onTakeBack: (() => void) | null }) {
  return (
    <div className="mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <p className="min-w-0 flex-1 basis-64 break-words">
        “{acceptance.reason}” <span className="text-xs">accepted by {acceptance.by}</span>{' '}
        <span className="text-xs">
          <RelativeTime at={acceptance.at} />
          {acceptance.until === null ? '' : `, until ${formatUtc(acceptance.until).slice(0, 10)}`}
        </span>
      </p>
      {onTakeBack === null ? null : (
        <Button size="sm" aria-label={`Take back: ${acceptance.sentence}`} onClick={onTakeBack}>
          <Undo2 aria-hidden />
          Take back…
        </Button>
      )}
    </div>
  )
}

const sideWords: Readonly<Record<FactSide, string>> = { expected: 'Expected', actual: 'Actual' }

const value = (text: string | null): React.ReactNode =>
  text === null ? <span className="text-faint">–</span> : <code className="mono break-words whitespace-pre-wrap">{text}</code>

function FactTable({ rows, label }: { readonly rows: readonly FactRow[]; readonly label: string }) {
  if (rows.length === 0) return null
  const sides = sidesOf(rows)
  return (
    <table className="mt-2 w-full table-fixed text-left text-xs">
      <caption className="sr-only">{label}</caption>
      <thead>
        <tr className="text-faint">
          <th scope="col" className="w-[22%] pr-3 font-normal">
            <span className="sr-only">Field</span>
          </th>
          {sides.map((side) => (
            <th key={side} scope="col" className="pr-3 font-normal last:pr-0">
              {sideWords[side]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={`${row.facet} ${row.field}`} className="border-t border-line align-top">
            <th scope="row" className="py-1 pr-3 font-normal break-words text-muted">
              {row.field}
              {row.facet === 'structure' ? null : <span className="block text-2xs text-faint">{row.facet}</span>}
            </th>
            {sides.map((side) => (
              <td key={side} className="py-1 pr-3 last:pr-0">
                {value(row[side])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
