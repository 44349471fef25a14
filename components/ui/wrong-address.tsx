import { FilterX } from 'lucide-react'
import Link from 'next/link'
import { fieldProblems } from '@/lib/client/field-problems'
import type { ErrorDocument } from '@/lib/tenancy/contract'
import { Button } from './button'
import { EmptyState } from './empty-state'
import { Page, PageHeader } from './page-header'

type Props = { readonly title: string; readonly error: ErrorDocument; readonly path: string }

/** A list whose address filters by something that is not understood: which, and the way to the whole list; never the whole list itself. */
export function WrongAddress({ title, error, path }: Props) {
  const problems = fieldProblems(error)
  return (
    <Page>
      <PageHeader title={title} />
      <div role="alert" className="rounded-lg border border-line bg-surface">
        <EmptyState
          icon={FilterX}
          title={problems.length > 1 ? `${problems.length} filters in the address are not understood` : 'A filter in the address is not understood'}
          action={
            <Button asChild>
              <Link href={path}>Show all without {problems.length > 1 ? 'them' : 'it'}</Link>
            </Button>
          }
        >
          <ul className="flex flex-col gap-1 break-words">
            {problems.map(({ field, sentence }) => (
              <li key={`${field} ${sentence}`}>
                <span className="mono text-ink">{field}</span>: {sentence}
              </li>
            ))}
          </ul>
        </EmptyState>
      </div>
    </Page>
  )
}
