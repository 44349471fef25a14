import { Bot, SquareTerminal, User } from 'lucide-react'
import Link from 'next/link'
import { ListTable } from '@/components/ui/list-table'
import { RelativeTime } from '@/components/ui/relative-time'
import type { AuditRow } from '@/lib/tenancy/contract'
import { AuditDetails } from './audit-details'
import { subjectHref } from './audit-model'

const actorLooks = {
  person: { icon: User, word: 'person' },
  cli: { icon: SquareTerminal, word: 'command line' },
  system: { icon: Bot, word: 'Tenantry itself' },
} as const

const headings = ['When', 'Who', 'What', 'To what', 'Details'] as const

export function AuditTable({ rows }: { readonly rows: readonly AuditRow[] }) {
  return (
    <ListTable label="Audit rows" headings={headings}>
      {rows.map((row) => (
        <AuditLine key={row.id} row={row} />
      ))}
    </ListTable>
  )
}

function AuditLine({ row }: { readonly row: AuditRow }) {
  const { icon: Icon, word } = actorLooks[row.actorKind]
  const href = subjectHref(row.subjectKind, row.subject)
  return (
    <tr className="h-9 border-b has-[details[open]]:align-top border-line last:border-0 hover:bg-hover">
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
      <td className="w-1/2 max-w-96 min-w-64 px-3 text-muted">
        <AuditDetails details={row.details} />
      </td>
    </tr>
  )
}
