import { Field } from '@/components/ui/field'
import { Textarea } from '@/components/ui/input'

type Words = { readonly hosts: string; readonly labels: string }
type Props = {
  readonly form: Words
  readonly rows: number
  readonly problem: (field: keyof Words) => string | undefined
  readonly set: (part: Partial<Words>) => void
}

/** The fields of what a tenant is reached and found by. */
export function HostsAndLabels({ form, rows, problem, set }: Props) {
  const look = { className: 'mono', rows, spellCheck: false } as const
  return (
    <>
      <Field label="Hosts" optional hint="One a line." error={problem('hosts')}>
        {(control) => <Textarea {...control} {...look} value={form.hosts} onChange={(event) => set({ hosts: event.target.value })} />}
      </Field>
      <Field label="Labels" optional hint="key=value, one a line." error={problem('labels')}>
        {(control) => <Textarea {...control} {...look} value={form.labels} onChange={(event) => set({ labels: event.target.value })} />}
      </Field>
    </>
  )
}
