import { cn } from './class-names'

type Props = { readonly items: ReadonlyArray<readonly [label: string, value: React.ReactNode]>; readonly className?: string }

/** Names and values in columns: what something is, at a glance. */
export function Facts({ items, className }: Props) {
  return (
    <dl
      className={cn(
        'grid grid-cols-[repeat(auto-fill,minmax(148px,1fr))] gap-x-6 sm:grid-cols-[repeat(auto-fill,minmax(180px,1fr))] gap-y-3 px-4 py-3',
        className,
      )}
    >
      {items.map(([label, value]) => (
        <div key={label} className="min-w-0">
          <dt className="text-xs text-faint">{label}</dt>
          <dd className="flex min-h-6 items-center text-sm">
            <div className="max-w-full min-w-0 max-sm:break-all sm:truncate">{value}</div>
          </dd>
        </div>
      ))}
    </dl>
  )
}
