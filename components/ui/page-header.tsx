import { cn } from './class-names'

type Props = {
  readonly title: React.ReactNode
  /** A sentence of facts, numbers first. */
  readonly children?: React.ReactNode
  readonly actions?: React.ReactNode
  readonly className?: string
}

export function PageHeader({ title, children, actions, className }: Props) {
  return (
    <header className={cn('flex flex-wrap items-start gap-x-4 gap-y-2', className)}>
      <div className="min-w-0 flex-1 basis-64">
        <h1 className="break-words text-xl font-semibold tracking-tight">{title}</h1>
        {children ? <div className="mt-0.5 text-sm text-muted">{children}</div> : null}
      </div>
      {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
    </header>
  )
}

/** The padding and width that pages share; `fill` is for pages whose list scrolls inside. */
export function Page({ fill = false, className, ...rest }: React.ComponentProps<'div'> & { readonly fill?: boolean }) {
  return <div className={cn('flex flex-col gap-4 px-4 py-4 md:px-6 md:py-5', fill ? 'h-full min-h-0' : 'min-h-full', className)} {...rest} />
}

type PanelProps = Omit<React.ComponentProps<'section'>, 'title'> & { readonly title?: React.ReactNode; readonly actions?: React.ReactNode }

/** One bordered surface with a heading. Never put one inside another. */
export function Panel({ title, actions, className, children, ...rest }: PanelProps) {
  return (
    <section className={cn('min-w-0 rounded-lg border border-line bg-surface', className)} {...rest}>
      {title === undefined ? null : (
        <header className="flex h-10 items-center gap-3 border-b border-line px-4">
          <h2 className="min-w-0 flex-1 truncate text-sm font-semibold">{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  )
}
