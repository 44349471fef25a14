/** What a parameter may be, with what its values look like. */

type ParamType = { readonly sql: string; readonly example: string; readonly fits: (value: string) => boolean }

const isDay = (text: string): boolean => {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? []
  if (year === undefined) return false
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(year) > 0
}
const clock = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/
const zone = /(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)$/

const isMoment = (text: string): boolean => {
  const [day = '', time, ...more] = text.split(/[T ]/)
  return more.length === 0 && isDay(day) && (time === undefined || clock.test(time))
}

const isWhole =
  (bits: bigint) =>
  (text: string): boolean => {
    if (!/^[+-]?\d{1,20}$/.test(text)) return false
    const value = BigInt(text.replace('+', ''))
    return value >= -(2n ** (bits - 1n)) && value < 2n ** (bits - 1n)
  }

const types: Readonly<Record<string, ParamType>> = {
  text: { sql: 'text', example: 'any text', fits: () => true },
  integer: { sql: 'int4', example: 'a whole number such as 42', fits: isWhole(32n) },
  bigint: { sql: 'int8', example: 'a whole number such as 42', fits: isWhole(64n) },
  numeric: { sql: 'numeric', example: 'a number such as 12.50', fits: (text) => /^[+-]?(\d{1,500}(\.\d{0,500})?|\.\d{1,500})$/.test(text) },
  boolean: { sql: 'bool', example: 'true or false', fits: (text) => /^(true|false)$/i.test(text) },
  date: { sql: 'date', example: 'a date such as 2026-01-31', fits: isDay },
  timestamp: { sql: 'timestamp', example: 'a time such as 2026-01-31 08:00', fits: isMoment },
  timestamptz: {
    sql: 'timestamptz',
    example: 'a time with its zone such as 2026-01-31 08:00+01',
    fits: (text) => zone.test(text) && text.includes(':') && isMoment(text.replace(zone, '')),
  },
  interval: {
    sql: 'interval',
    example: 'a span such as 30 days',
    fits: (text) =>
      /^(-?\d{1,6} (microsecond|millisecond|second|minute|hour|day|week|month|year)s?)( -?\d{1,6} (microsecond|millisecond|second|minute|hour|day|week|month|year)s?)*$/.test(
        text,
      ),
  },
  uuid: {
    sql: 'uuid',
    example: 'a UUID such as 3f2b8c1e-0d4a-4f6b-9a57-1c2d3e4f5a6b',
    fits: (text) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text),
  },
}

const otherNames: Readonly<Record<string, string>> = {
  int: 'integer',
  int4: 'integer',
  int8: 'bigint',
  decimal: 'numeric',
  bool: 'boolean',
  'timestamp with time zone': 'timestamptz',
}

const typeOf = (name: string): ParamType | undefined => types[otherNames[name] ?? name]

export const paramTypes: readonly string[] = Object.keys(types)
export const isParamType = (name: string): boolean => typeOf(name) !== undefined

/** @returns PostgreSQL's name of the type, and null or what a value of it looks like where this is none */
export const judgeValue = (type: string, value: string): { readonly sql: string; readonly instead: string | null } => {
  const known = typeOf(type)
  if (!known) throw new Error(`a parameter of type ${type} was let through`)
  return { sql: known.sql, instead: known.fits(value) ? null : known.example }
}
