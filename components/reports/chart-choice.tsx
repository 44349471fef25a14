'use client'

import { Field } from '@/components/ui/field'
import { Select } from '@/components/ui/select'
import type { ReportColumn } from '@/lib/tenancy/contract'
import { aggregates, aggregateWords, choicesFor, kindsFor, kindWords, type ChartSpec } from './chart-spec'

type Props = { readonly columns: readonly ReportColumn[]; readonly spec: ChartSpec; readonly onChange: (asked: Partial<ChartSpec>) => void }

type PickProps = {
  readonly label: string
  readonly value: string
  readonly options: ReadonlyArray<readonly [value: string, words: string]>
  readonly onChange: (value: string) => void
}

function Pick({ label, value, options, onChange }: PickProps) {
  return (
    <Field label={label} className="w-52 max-sm:w-[calc(50%-0.375rem)]">
      {(control) => (
        <Select {...control} value={value} onChange={(event) => onChange(event.target.value)}>
          {options.map(([one, words]) => (
            <option key={one} value={one}>
              {words}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
}

const asThemselves = (names: readonly string[]): ReadonlyArray<readonly [string, string]> => names.map((name) => [name, name])

/** What is drawn, of which column, by what. */
export function ChartChoice({ columns, spec, onChange }: Props) {
  const { x, y, by } = choicesFor(columns, spec.kind)
  const change = (part: Partial<ChartSpec>): void => onChange({ ...spec, ...part })
  return (
    <div className="flex flex-wrap gap-3">
      <Pick
        label="Chart"
        value={spec.kind}
        options={kindsFor(columns).map((kind) => [kind, kindWords[kind]])}
        // What stood along the bottom of the one is seldom what stands there in the other.
        onChange={(kind) => onChange({ kind: kind as ChartSpec['kind'], y: spec.y, aggregate: spec.aggregate })}
      />
      <Pick label="Of" value={spec.y} options={asThemselves(y)} onChange={(next) => change({ y: next })} />
      <Pick
        label="Taken as"
        value={spec.aggregate}
        options={aggregates.map((one) => [one, aggregateWords[one]])}
        onChange={(next) => change({ aggregate: next as ChartSpec['aggregate'] })}
      />
      {x.length === 0 ? null : (
        <Pick label={spec.kind === 'bar' ? 'For each' : 'Over'} value={spec.x ?? ''} options={asThemselves(x)} onChange={(next) => change({ x: next })} />
      )}
      {by.length === 0 ? null : (
        <Pick
          label="A line for each"
          value={spec.by ?? ''}
          options={[['', 'all together'], ...asThemselves(by)]}
          onChange={(next) => change({ by: next === '' ? null : next })}
        />
      )}
    </div>
  )
}
