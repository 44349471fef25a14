'use client'

import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Select } from '@/components/ui/select'
import type { ReportParam } from '@/lib/tenancy/contract'
import { controlOf, shownValue, type ParamValues } from './params-model'

type Props = {
  readonly params: readonly ReportParam[]
  readonly values: ParamValues
  readonly onChange: (values: ParamValues) => void
  /** What is wrong, by parameter. */
  readonly problems: Readonly<Record<string, string>>
}

/** A field for each parameter that the text declares. */
export function ParamsForm({ params, values, onChange, problems }: Props) {
  return (
    <div className="flex flex-col gap-3">
      {params.map((param) => {
        const { type, inputMode, placeholder } = controlOf(param)
        const value = shownValue(param, values)
        const change = (next: string): void => onChange({ ...values, [param.name]: next })
        return (
          <Field
            key={param.name}
            label={
              <>
                <span className="mono">:{param.name}</span> <span className="text-xs font-normal text-faint">{param.type}</span>
              </>
            }
            error={problems[param.name]}
          >
            {(control) =>
              type === 'select' ? (
                <Select {...control} value={value.toLowerCase()} onChange={(event) => change(event.target.value)}>
                  {param.default === null ? <option value="">choose</option> : null}
                  <option value="true">true</option>
                  <option value="false">false</option>
                </Select>
              ) : (
                <Input
                  {...control}
                  type={type}
                  inputMode={inputMode}
                  autoComplete="off"
                  spellCheck={false}
                  placeholder={placeholder}
                  value={value}
                  onChange={(event) => change(event.target.value)}
                />
              )
            }
          </Field>
        )
      })}
    </div>
  )
}
