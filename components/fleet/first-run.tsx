import { ArrowRight, Check } from 'lucide-react'
import Link from 'next/link'
import { Button } from '@/components/ui/button'
import { cn } from '@/components/ui/class-names'
import { CommandLine } from '@/components/ui/command-line'
import { Page, PageHeader } from '@/components/ui/page-header'
import type { FirstStep } from './fleet-model'
import { RefreshOnChange } from './refresh-on-change'

type Step = { readonly id: FirstStep; readonly title: string; readonly text: string; readonly href: string; readonly button: string; readonly command: string }

const steps: readonly Step[] = [
  {
    id: 'database',
    title: 'Add a database',
    text: 'Where tenants live. The connection is tested, and what the server allows is looked at, before anything is stored.',
    href: '/databases',
    button: 'Add a database',
    command: 'npx tenantry databases add main --url postgres://user:password@host:5432/dbname',
  },
  {
    id: 'set',
    title: 'Read a migration set',
    text: 'A directory of NNNN_name.sql files that every tenant of the set goes through. PostgreSQL’s own parser reads them first.',
    href: '/migrations',
    button: 'Read a set',
    command: 'npx tenantry sets sync app --dir ./migrations --database main',
  },
  {
    id: 'tenant',
    title: 'Onboard tenants',
    text: 'One by form or many by CSV. Schemas that exist already are adopted at the version they stand at.',
    href: '/tenants/new',
    button: 'Onboard tenants',
    command: 'npx tenantry onboard acme --name "Acme Inc." --set app',
  },
]

/** From nothing to the first tenants: three steps, the next one open. */
export function FirstRun({ next, mayAct }: { readonly next: FirstStep; readonly mayAct: boolean }) {
  const position = steps.findIndex(({ id }) => id === next)
  return (
    <Page className="mx-auto w-full max-w-2xl">
      <RefreshOnChange />
      <PageHeader title="There is no fleet yet">{mayAct ? 'Three steps lead to the first tenants.' : 'An admin sets it up in three steps.'}</PageHeader>
      <ol className="rounded-lg border border-line bg-surface">
        {steps.map((step, index) => {
          const done = index < position
          return (
            <li key={step.id} aria-current={index === position ? 'step' : undefined} className="flex gap-4 border-b border-line px-4 py-4 last:border-0">
              <span
                className={cn(
                  'flex size-6 shrink-0 items-center justify-center rounded-full text-xs font-medium',
                  done ? 'bg-good-soft text-good-ink' : index === position ? 'bg-accent text-on-accent' : 'bg-quiet-soft text-muted',
                )}
              >
                {done ? <Check role="img" aria-label="done" className="size-3.5" /> : index + 1}
              </span>
              <div className="min-w-0 flex-1">
                <h2 className={cn('text-sm leading-6 font-semibold', index !== position && 'font-normal text-muted')}>{step.title}</h2>
                {index === position ? (
                  <div className="mt-1 flex flex-col gap-3">
                    <p className="text-sm text-muted">{step.text}</p>
                    {mayAct ? (
                      <>
                        <Button asChild variant="primary" className="self-start">
                          <Link href={step.href}>
                            {step.button}
                            <ArrowRight aria-hidden />
                          </Link>
                        </Button>
                        <div>
                          <p className="mb-1 text-xs text-faint">or in a terminal</p>
                          <CommandLine>{step.command}</CommandLine>
                        </div>
                      </>
                    ) : null}
                  </div>
                ) : null}
              </div>
            </li>
          )
        })}
      </ol>
    </Page>
  )
}
