import type { ReportFigure } from '@/lib/tenancy/contract'
import { drawFigure } from './figure-model'

const width = 96
const height = 24

/** A small line; the values are said beside it. */
export function FigureTrend({ figure }: { readonly figure: Pick<ReportFigure, 'trend' | 'line' | 'alertingSince'> }) {
  const drawn = drawFigure(figure, width, height)
  if (drawn === null) return <span aria-hidden className="block h-[30px] w-[102px] shrink-0" />
  const colour = figure.alertingSince === null ? 'var(--accent)' : 'var(--bad)'
  return (
    <svg aria-hidden viewBox={`-3 -3 ${width + 6} ${height + 6}`} className="block h-[30px] w-[102px] shrink-0">
      {drawn.lineY === null ? null : <path d={`M0 ${drawn.lineY}H${width}`} stroke="var(--bad)" strokeDasharray="3 3" fill="none" />}
      <path d={drawn.path} stroke={colour} strokeWidth="1.5" strokeLinejoin="round" fill="none" />
      <circle cx={drawn.last.x} cy={drawn.last.y} r="2.5" fill={colour} />
    </svg>
  )
}
