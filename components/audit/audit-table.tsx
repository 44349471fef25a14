import { Bot, SquareTerminal, User } from 'lucide-react'
import Link from 'next/link'
import { RelativeTime } from '@/components/ui/relative-time'
import type { AuditRow } from '@/lib/tenancy/contract'
import { detailsLine, subjectHref } from './audit-model'

const actorLooks = {
  person: { icon: User, word: 'person' },
  cli: { icon: SquareTerminal, word: 'command line' },
  system: { icon: Bot, word: 'Tenantry itself' },
} as const

export function AuditTable({ rows }: { readonly rows: readonly AuditRow[] }) {
  return (
    <div className="overflow-x-auto rounded-lg border border-line bg-surface" tabIndex={0} role="region" aria-label="Audit rows">
      <table className="w-full text-sm">
        <thead>
          <tr className="h-8 border-b border-line text-left text-xs text-muted">
            {['When', 'Who', 'What', 'To what', 'Details'].map((heading) => (
              <th key={heading} scope="col" className="px-3 font-normal first:pl-4">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <AuditLine key={row.id} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function AuditLine({ row }: { readonly row: AuditRow }) {
  const { icon: Icon, word } = actorLooks[row.actorKind]
  const href = subjectHref(row.subjectKind, row.subject)
  const details = detailsLine(row.details)
  return (
    <tr className="h-9 border-b border-line last:border-0 hover:bg-hover">
      <td className="px-3 pl-4 whitespace-nowrap text-muted">
        <RelativeTime at={row.at} />
      </td>
      <td className="px-3 whitespace-nowrap">
        <span className="inline-flex items-center gap-1.5">
          <Icon className="size-3.5 text-faint" role="img" aria-label={word} />
          {row.actor}
        </span>
      </td>
      <td className="mono px-3 whitespace-nowrap">{row.action}</td>
      <td className="px-3 whitespace-nowrap">
        <span className="text-faint">{row.subjectKind} </span>
        {href ? (
          <Link href={href} className="text-accent-ink underline underline-offset-2">
            {row.subject}
          </Link>
        ) : (
          row.subject
        )}
      </td>
      <td className="max-w-96 truncate px-3 text-muted" title={details}>
        {details}
      </td>
    </tr>
  )
}
