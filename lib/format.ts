/** Numbers, sizes, durations and times for people. Pure; the same on the server and in the browser: always English, always UTC until told. */

const grouped = new Intl.NumberFormat('en-US')

/** 12345 → "12,345" */
export const formatCount = (value: number): string => grouped.format(value)

/** (1, 'tenant') → "1 tenant"; (12, 'tenant') → "12 tenants"; irregular plurals are given. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${grouped.format(count)} ${count === 1 ? one : many}`

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** 1536 → "1.5 kB". Powers of 1024 with the short names that PostgreSQL's own pg_size_pretty uses. */
export const formatBytes = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024
    unit += 1
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${byteUnits[unit]}`
}

/** 0.123 → "12%"; anything between 99.5 and 100 stays below 100, anything above 0 stays above: neither may lie about the last one. */
export const formatShare = (part: number, whole: number): string => {
  if (whole === 0) return '0%'
  const share = (part / whole) * 100
  if (share > 0 && share < 1) return '<1%'
  if (share < 100 && share > 99) return '>99%'
  return `${Math.round(share)}%`
}

/** 850 → "850 ms", 12_400 → "12.4 s", 184_000 → "3 min 4 s", 5_460_000 → "1 h 31 min". */
export const formatDuration = (ms: number): string => {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  const seconds = ms / 1000
  if (seconds < 59.95) return `${seconds < 10 ? seconds.toFixed(1).replace(/\.0$/, '') : Math.round(seconds)} s`
  const whole = Math.round(seconds)
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

const steps = [
  { below: 60, unit: 1, word: 's' },
  { below: 3600, unit: 60, word: 'min' },
  { below: 86_400, unit: 3600, word: 'h' },
  { below: 86_400 * 30, unit: 86_400, word: 'd' },
  { below: 86_400 * 365, unit: 86_400 * 30, word: 'mo' },
  { below: Number.POSITIVE_INFINITY, unit: 86_400 * 365, word: 'y' },
] as const

const stepOf = (distance: number): (typeof steps)[number] => steps.find(({ below }) => distance < below) ?? steps[5]

/** Seconds, to the nearest whole of their unit. */
const nearest = (distance: number): number => {
  const { unit } = stepOf(distance)
  return Math.round(distance / unit) * unit
}

/** "just now", "12 s ago", "3 min ago", "in 4 h": how long before or after `now` the moment lies (both in ms since 1970). */
export const formatRelative = (at: number, now: number): string => {
  const seconds = Math.round((now - at) / 1000)
  const distance = Math.abs(seconds)
  if (distance < 5) return 'just now'
  // What is a week off is so for more than the first moment.
  const said = seconds < 0 ? nearest(distance) : distance
  const step = stepOf(said)
  const text = `${Math.floor(said / step.unit)} ${step.word}`
  return seconds < 0 ? `in ${text}` : `${text} ago`
}

const pad = (value: number, width = 2): string => String(value).padStart(width, '0')

/** "2026-11-21 04:03:43 UTC": exact, sortable, the same everywhere. */
export const formatUtc = (iso: string): string => {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  return `${date.getUTCFullYear()}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())} ${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())} UTC`
}

let localFormatter: Intl.DateTimeFormat | undefined

/** Made once, when it is first needed: making one takes longer than drawing the row that it is for. */
const localFormat = (): Intl.DateTimeFormat =>
  (localFormatter ??= new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }))

/** In the reader's own time zone, for the browser only: "Sat 21 Nov 2026, 05:03:43 GMT+1". */
export const formatLocal = (iso: string): string => localFormat().format(new Date(iso))
