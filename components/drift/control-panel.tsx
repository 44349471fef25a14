'use client'

import { useQuery } from '@tanstack/react-query'
import { Panel } from '@/components/ui/page-header'
import { driftQueries } from '@/lib/client/queries/drift'
import { FindingLine } from './finding-line'

/** The console's own database, where it is not as its migrations make it, or where that is not known. */
export function ControlPanel() {
  const { data } = useQuery(driftQueries.control)
  if (data === undefined || data.state === 'norm') return null
  return (
    <Panel title={data.state === 'drifted' ? 'The console’s own database differs' : 'The console’s own database could not be compared'}>
      <div className="flex flex-col gap-2 px-4 py-3 text-sm">
        <p className="max-w-prose text-muted">
          {data.problem ?? 'It is not as its own migrations make it. Put it right by hand; the console changes nothing of it by itself.'}
        </p>
        {data.findings.length === 0 ? null : (
          <ul className="flex flex-col gap-0.5">
            {data.findings.map((finding) => (
              <li key={finding.key}>
                <FindingLine finding={{ ...finding, accepted: null }} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </Panel>
  )
}
