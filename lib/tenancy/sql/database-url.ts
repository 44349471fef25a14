import { TenancyError } from '../errors.ts'
import { isSslMode, sslModes, tlsForPg, tlsForPostgresJs, tlsOf, type PgTls, type PostgresJsTls, type SslMode } from './tls.ts'

/** A connection string taken apart. `url` is the only field that holds the password, and is for the driver alone. */
export type DatabaseUrl = {
  readonly url: string
  readonly host: string
  readonly port: number
  readonly dbname: string
  readonly user: string
  readonly sslMode: SslMode | null
}

/** What `psql` takes and would change nothing here: Tenantry sets its own. */
const ignoredParameters: ReadonlySet<string> = new Set(['application_name', 'connect_timeout', 'fallback_application_name'])

const refuse = (problem: string): TenancyError => new TenancyError('database.url', { problem })

const decode = (text: string, part: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refuse(`its ${part} holds a % that starts no escape; write % as %25`)
  }
}

const sslModeOf = (parameters: URLSearchParams): SslMode | null => {
  for (const name of parameters.keys()) {
    if (name !== 'sslmode' && !ignoredParameters.has(name)) throw refuse(`the parameter “${name.slice(0, 40)}” is not one that Tenantry knows; only sslmode is`)
  }
  const mode = parameters.get('sslmode')
  if (mode === null || isSslMode(mode)) return mode
  throw refuse(`sslmode is one of ${sslModes.join(', ')}`)
}

/** The parser of URLs says only "Invalid URL"; these are the ways in which connection strings usually go wrong. */
const problemOfUnparsable = (text: string): string => {
  const afterScheme = text.slice(text.indexOf('://') + 3)
  if (/^[^@]*[/?#][^@]*@/.test(afterScheme)) return 'its user or password holds a /, ? or #; these are written as %2F, %3F and %23'
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(text)?.[1] ?? ''
  if (/:\d{6,}$|:[^\d@\]]+$/.test(authority.slice(authority.lastIndexOf('@') + 1))) return 'its port is not a number from 1 to 65535'
  if (/\s/.test(text)) return 'it holds white space'
  return 'it cannot be read; special characters in user and password are written as %XX (@ is %40, / is %2F, : is %3A)'
}

/**
 * Reads and normalises a connection string. No error ever repeats the text: it holds a password.
 * @throws database.url
 */
export const parseDatabaseUrl = (text: string): DatabaseUrl => {
  const trimmed = text.trim()
  if (!/^postgres(ql)?:\/\//i.test(trimmed)) throw refuse('it does not begin with postgres:// or postgresql://')
  if (!URL.canParse(trimmed)) throw refuse(problemOfUnparsable(trimmed))
  const parsed = new URL(trimmed.replace(/^postgres(ql)?:/i, 'postgres:'))
  if (parsed.hash !== '') throw refuse('it holds a #; in a password it is written as %23')
  const host = decode(parsed.hostname, 'host')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  if (host === '' || host.startsWith('/')) throw refuse('it names no host')
  if (host.includes(',')) throw refuse('it names several hosts; give the primary’s own address')
  const port = parsed.port === '' ? 5432 : Number(parsed.port)
  if (port < 1) throw refuse('its port is not a number from 1 to 65535')
  const user = decode(parsed.username, 'user')
  if (user === '') throw refuse('it names no user')
  const dbname = decode(parsed.pathname.replace(/^\//, ''), 'database name')
  if (dbname === '') throw refuse('it names no database after the host')
  if (dbname.includes('\0') || user.includes('\0')) throw refuse('it holds a NUL character')
  const password = decode(parsed.password, 'password')
  const sslMode = sslModeOf(parsed.searchParams)

  const credentials = encodeURIComponent(user) + (password === '' ? '' : `:${encodeURIComponent(password)}`)
  const address = host.includes(':') ? `[${host}]` : host
  const query = sslMode === null ? '' : `?sslmode=${sslMode}`
  return { url: `postgres://${credentials}@${address}:${port}/${encodeURIComponent(dbname)}${query}`, host, port, dbname, user, sslMode }
}

/** `host:port`, as people read it. */
export const addressOf = ({ host, port }: Pick<DatabaseUrl, 'host' | 'port'>): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

/** What postgres.js connects with. Its own reading of a URL neither decodes a database's name nor takes an IPv6 address. */
export type DriverOptions = PostgresJsTls & { readonly database: string; readonly username: string; readonly password: string }

const passwordOf = ({ url }: DatabaseUrl): string => decodeURIComponent(new URL(url).password)

/** @throws database.url */
export const driverOptions = (text: string): DriverOptions => {
  const at = parseDatabaseUrl(text)
  const { host, port, dbname, user, sslMode } = at
  // As lists, which its types do not know: a single host would be cut at its first colon.
  const address: object = { host: [host], port: [port] }
  return { ...address, database: dbname, username: user, password: passwordOf(at), ...tlsForPostgresJs(tlsOf(sslMode, host), host) }
}

export type PgOptions = PgTls & {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
}

/** The same for pg. @throws database.url */
export const pgOptions = (text: string): PgOptions => {
  const at = parseDatabaseUrl(text)
  const { host, port, dbname, user, sslMode } = at
  return { host, port, database: dbname, user, password: passwordOf(at), ...tlsForPg(tlsOf(sslMode, host)) }
}
