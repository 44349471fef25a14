import { cn } from './class-names'
import { ScrollBox } from './scroll-box'

type Props = {
  readonly label: string
  readonly headings: readonly string[]
  /** Headings that a telephone leaves out; their cells are `max-sm:hidden`. */
  readonly onWide?: readonly string[]
  /** Whether the rows end with a column of menus. */
  readonly hasMenus?: boolean
  /** The rows. */
  readonly children: React.ReactNode
}

/** A list of things as a table with its head, for lists that are short enough to be drawn whole. */
export function ListTable({ label, headings, onWide, hasMenus = false, children }: Props) {
  return (
    <ScrollBox label={label} className="rounded-lg border border-line">
      <table className="w-full text-sm">
        <thead>
          <tr className="h-8 border-b border-line text-left text-xs text-muted">
            {headings.map((heading) => (
              <th key={heading} scope="col" className={cn('px-3 font-normal whitespace-nowrap first:pl-4', onWide?.includes(heading) && 'max-sm:hidden')}>
                {heading}
              </th>
            ))}
            {hasMenus ? (
              <th scope="col" className="w-10">
                <span className="sr-only">Actions</span>
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </ScrollBox>
  )
}
