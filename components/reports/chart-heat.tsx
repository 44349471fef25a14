import Link from 'next/link'
import { ScrollBox } from '@/components/ui/scroll-box'
import type { Heat } from './chart-data'
import { longNumber } from './chart-stats'

const shortTime = (time: string): string => time.slice(0, 16).replace(/ 00:00$/, '')

/** The larger the number, the more of the accent; nothing where there was no row. Shares are of the root, so that few large ones do not leave all others pale. */
const shade = (value: number | null, most: number): string | undefined =>
  value === null || most <= 0 ? undefined : `color-mix(in oklab, var(--ahead) ${Math.round(12 + 88 * Math.sqrt(Math.max(0, value) / most))}%, var(--surface))`

/** Tenants by time: a row each, a cell for each time, all of it readable as the table that it is. */
export function ChartHeat({ heat, label }: { readonly heat: Heat; readonly label: string }) {
  return (
    <ScrollBox label={label} className="max-h-[60vh] overflow-y-auto">
      <table className="border-separate border-spacing-px text-2xs">
        <caption className="sr-only">{label}</caption>
        <thead className="sticky top-0 z-10 bg-surface">
          <tr>
            <th scope="col" className="sticky left-0 bg-surface pr-3 text-left font-normal text-muted">
              Tenant
            </th>
            {heat.times.map((time, index) => (
              <th key={time} scope="col" className="h-24 w-4 min-w-4 align-bottom font-normal text-muted">
                <span className={heat.times.length > 40 && index % 5 !== 0 ? 'sr-only' : 'inline-block rotate-180 [writing-mode:vertical-rl]'}>
                  {shortTime(time)}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {heat.tenants.map((tenant, row) => (
            <tr key={tenant}>
              <th scope="row" className="sticky left-0 bg-surface pr-3 text-left font-normal whitespace-nowrap">
                <Link href={`/tenants/${tenant}`} prefetch={false} className="mono hover:underline">
                  {tenant}
                </Link>
              </th>
              {heat.times.map((time, column) => {
                const value = heat.cells[row]?.[column] ?? null
                const words = value === null ? 'no row' : longNumber(value)
                return (
                  <td
                    key={time}
                    title={`${tenant}, ${shortTime(time)}: ${words}`}
                    className="h-4 w-4 min-w-4 rounded-[2px] bg-sunken p-0"
                    style={{ background: shade(value, heat.most) }}
                  >
                    <span className="sr-only">{words}</span>
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}
