import { Shapes } from 'lucide-react'
import Link from 'next/link'
import { Button } from '@/components/ui/button'
import { Page, PageHeader, Panel } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import { formatCount } from '@/lib/format'
import type { GoneShape } from '@/lib/tenancy/contract'
import { goneSentence, goneTitle, shapeHref, shapeTitle, versionWord } from './drift-model'
import { driftStateLooks } from './drift-state'
import { RepairRunLink } from './repair-run-link'

/** Where a link leads whose shape was repaired, or superseded by a new version: what it was, and what its tenants are now. */
export function GoneShapeView({ gone }: { readonly gone: GoneShape }) {
  const { set, seen, repair } = gone
  return (
    <Page>
      <PageHeader
        title={
          <span className="flex flex-wrap items-center gap-x-3">
            {goneTitle(gone)}
            <span className="mono text-base font-normal text-muted">{seen === null ? set : `${set} ${versionWord(seen.version)}`}</span>
          </span>
        }
        actions={
          <Button asChild variant="primary">
            <Link href={`/drift/${encodeURIComponent(set)}`}>
              <Shapes aria-hidden />
              Shapes of {set} now
            </Link>
          </Button>
        }
      >
        <p className="text-base text-ink">
          0 targets of <span className="mono">{set}</span> have this structure now.
        </p>
        <p>
          {goneSentence(gone)}
          {seen === null ? null : (
            <>
              {' '}
              Last seen <RelativeTime at={seen.at} />.
            </>
          )}
        </p>
        {repair === null ? null : (
          <p>
            <RepairRunLink repair={repair} />
          </p>
        )}
      </PageHeader>
      {seen === null || seen.tenants.length === 0 ? null : <Tenants set={set} seen={seen} />}
    </Page>
  )
}

function Tenants({ set, seen }: { readonly set: string; readonly seen: NonNullable<GoneShape['seen']> }) {
  const more = seen.targets - seen.tenants.length
  return (
    <Panel title="What the tenants that had it are now">
      <ul>
        {seen.tenants.map(({ slug, state, shape, letter }) => (
          <li key={slug} className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2 last:border-0">
            <Link href={`/tenants/${slug}`} className="mono min-w-0 flex-1 basis-40 truncate underline-offset-2 hover:underline">
              {slug}
            </Link>
            {shape === null ? (
              <StateBadge look={driftStateLooks[state]} />
            ) : (
              <Link href={shapeHref({ set, id: shape })} className="underline-offset-2 hover:underline">
                <StateBadge look={driftStateLooks[state]}>{shapeTitle({ state, letter })}</StateBadge>
              </Link>
            )}
          </li>
        ))}
      </ul>
      {more > 0 ? <p className="border-t border-line px-4 py-2 text-muted">And {formatCount(more)} more.</p> : null}
    </Panel>
  )
}
