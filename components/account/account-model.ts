const browsers = [
  ['Edg/', 'Edge'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const
const systems = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'macOS'],
  ['Linux', 'Linux'],
] as const

const loopback: ReadonlySet<string> = new Set(['::1', '127.0.0.1', '::ffff:127.0.0.1'])

/** Where a session was started from, in words; null when nobody knows. */
export const placeOf = (client: string | null): string | null =>
  client === null ? null : loopback.has(client) ? 'this machine' : client.replace(/^::ffff:/, '')

/** A browser's own description as words: "Firefox on Linux". Order matters, since each claims to be its elders. */
export const deviceOf = (userAgent: string | null): string => {
  const browser = browsers.find(([sign]) => userAgent?.includes(sign))?.[1]
  const system = systems.find(([sign]) => userAgent?.includes(sign))?.[1]
  if (!browser) return system ? `A browser on ${system}` : 'An unknown browser'
  return system ? `${browser} on ${system}` : browser
}
