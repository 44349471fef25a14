'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { formatCount } from '@/lib/format'
import { drawTrend, trendWords, type TrendDay } from './trend-model'

type Props = { readonly set: string; readonly days: readonly TrendDay[] }

const width = 240
const height = 36

/** How many had drifted, day by day; the same numbers as a table for those who read rather than look. */
export function Trend({ set, days }: Props) {
  const [asTable, setAsTable] = useState(false)
  const drawn = drawTrend(days, width, height)
  if (drawn === null) return null
  const last = drawn.points.at(-1)
  return (
    <figure className="w-60 max-w-full shrink-0">
      {asTable ? (
        <TrendTable set={set} days={days} />
      ) : (
        <svg aria-hidden viewBox={`-3 -3 ${width + 6} ${height + 6}`} className="block w-full overflow-visible">
          <path d={drawn.area} fill="var(--drift-soft)" />
          <path d={`M0 ${height}H${width}`} stroke="var(--line)" fill="none" />
          <path d={drawn.line} stroke="var(--drift)" strokeWidth="1.5" strokeLinejoin="round" fill="none" />
          {last === undefined ? null : <circle cx={last.x} cy={last.y} r="2.5" fill="var(--drift)" />}
        </svg>
      )}
      <figcaption className="mt-1 flex items-center justify-between gap-2 text-xs text-muted">
        <span>{trendWords(days)}</span>
        <Button variant="ghost" size="sm" className="-my-1 -mr-2" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? 'Chart' : 'Table'}
        </Button>
      </figcaption>
    </figure>
  )
}

function TrendTable({ set, days }: Props) {
  return (
    <div tabIndex={0} role="region" aria-label={`Drift of ${set} by day`} className="max-h-40 overflow-y-auto">
      <table className="w-full text-xs">
        <caption className="sr-only">Drift of {set} by day</caption>
        <thead>
          <tr className="text-left text-muted">
            <th scope="col" className="font-normal">
              Day
            </th>
            <th scope="col" className="text-right font-normal">
              Compared
            </th>
            <th scope="col" className="text-right font-normal">
              Drifted
            </th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map(({ day, compared, drifted }) => (
            <tr key={day}>
              <th scope="row" className="text-left font-normal">
                {day.slice(0, 10)}
              </th>
              <td className="text-right">{formatCount(compared)}</td>
              <td className="text-right">{formatCount(drifted)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
