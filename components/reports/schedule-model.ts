/** When a report runs by itself, in words. */

export const presets = [
  { cron: '0 * * * *', label: 'Every hour' },
  { cron: '0 6 * * *', label: 'Every day at 6' },
  { cron: '0 6 * * 1-5', label: 'On weekdays at 6' },
  { cron: '0 6 * * 1', label: 'On Mondays at 6' },
  { cron: '0 6 1 * *', label: 'On the first of the month at 6' },
] as const

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const

const timeOf = (hour: string, minute: string): string => `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
const isPlain = (text: string): boolean => /^\d{1,2}$/.test(text)

/** "every day at 06:00"; the cron itself where it says something else than people usually ask for. */
export const cronWords = (cron: string): string => {
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', ...more] = cron.trim().split(/\s+/)
  const own = `by cron ${cron.trim()}`
  if (more.length > 0 || month !== '*') return own
  const step = /^(?:\*|\*\/(\d{1,2}))$/.exec(minute)
  if (step && hour === '*' && dayOfMonth === '*' && dayOfWeek === '*') return Number(step[1] ?? 1) === 1 ? 'every minute' : `every ${step[1]} minutes`
  if (!isPlain(minute)) return own
  if (hour === '*' && dayOfMonth === '*' && dayOfWeek === '*') return minute === '0' ? 'every hour' : `every hour at ${minute} past`
  if (!isPlain(hour)) return own
  const at = `at ${timeOf(hour, minute)}`
  if (dayOfMonth === '*' && dayOfWeek === '*') return `every day ${at}`
  if (dayOfMonth === '*' && dayOfWeek === '1-5') return `on weekdays ${at}`
  if (dayOfMonth === '*' && /^[0-7]$/.test(dayOfWeek)) return `on ${days[Number(dayOfWeek)]}s ${at}`
  if (dayOfWeek === '*' && isPlain(dayOfMonth)) return `on day ${dayOfMonth} of the month ${at}`
  return own
}

/** A moment as clocks of a time zone show it: "Mon 23 Nov 2026, 06:00". */
export const momentIn = (iso: string, timezone: string): string => {
  const parts = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' } as const
  try {
    return new Intl.DateTimeFormat('en-GB', { ...parts, timeZone: timezone }).format(new Date(iso))
  } catch {
    return new Intl.DateTimeFormat('en-GB', { ...parts, timeZone: 'UTC' }).format(new Date(iso))
  }
}

/** Browsers list zones under the names that they had first; these are what they are called now. */
const renamed: Readonly<Record<string, string>> = {
  'Africa/Asmera': 'Africa/Asmara',
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Catamarca': 'America/Argentina/Catamarca',
  'America/Coral_Harbour': 'America/Atikokan',
  'America/Cordoba': 'America/Argentina/Cordoba',
  'America/Godthab': 'America/Nuuk',
  'America/Indianapolis': 'America/Indiana/Indianapolis',
  'America/Jujuy': 'America/Argentina/Jujuy',
  'America/Louisville': 'America/Kentucky/Louisville',
  'America/Mendoza': 'America/Argentina/Mendoza',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
  'Pacific/Enderbury': 'Pacific/Kanton',
  'Pacific/Ponape': 'Pacific/Pohnpei',
  'Pacific/Truk': 'Pacific/Chuuk',
}
export const currentZone = (zone: string): string => renamed[zone] ?? zone

/** What there is to choose from, UTC first. */
export const timeZones = (): readonly string[] => {
  const zones = new Set(Intl.supportedValuesOf('timeZone').map((zone) => currentZone(zone)))
  zones.delete('UTC')
  return ['UTC', ...[...zones].toSorted()]
}
