/** The form of a report's parameters: made from what the text declares. */
import type { ReportParam } from '@/lib/tenancy/contract'

export type ParamValues = Readonly<Record<string, string>>

type Control = { readonly type: 'text' | 'date' | 'select'; readonly inputMode?: 'numeric' | 'decimal'; readonly placeholder: string }

const controls: Readonly<Record<string, Control>> = {
  text: { type: 'text', placeholder: 'any text' },
  integer: { type: 'text', inputMode: 'numeric', placeholder: '42' },
  bigint: { type: 'text', inputMode: 'numeric', placeholder: '42' },
  numeric: { type: 'text', inputMode: 'decimal', placeholder: '12.50' },
  boolean: { type: 'select', placeholder: '' },
  date: { type: 'date', placeholder: '2026-01-31' },
  timestamp: { type: 'text', placeholder: '2026-01-31 08:00' },
  timestamptz: { type: 'text', placeholder: '2026-01-31 08:00+01' },
  interval: { type: 'text', placeholder: '30 days' },
  uuid: { type: 'text', placeholder: '3f2504e0-4f89-41d3-9a0c-0305e82c3301' },
}

const plain: Control = { type: 'text', placeholder: '' }
export const controlOf = (param: ReportParam): Control => controls[param.type] ?? plain

/** What the field shows: what was typed, else the default. */
export const shownValue = (param: ReportParam, values: ParamValues): string => values[param.name] ?? param.default ?? ''

/** An empty field is no value, but for a text, which may be empty when somebody has emptied it. */
const givenValue = (param: ReportParam, values: ParamValues): string | null => {
  const value = values[param.name]
  if (value === undefined) return null
  if (param.type === 'text') return value
  return value.trim() === '' ? null : value.trim()
}

/** Those that need a value and have none. */
export const missingParams = (params: readonly ReportParam[], values: ParamValues): readonly string[] =>
  params.filter((param) => param.default === null && givenValue(param, values) === null).map(({ name }) => name)

/** What is sent: values of parameters that the text declares, and of no others that it once had. */
export const paramsToSend = (params: readonly ReportParam[], values: ParamValues): Record<string, string> =>
  Object.fromEntries(
    params.flatMap((param) => {
      const value = givenValue(param, values)
      return value === null ? [] : [[param.name, value]]
    }),
  )
