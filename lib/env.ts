/**
 * The only reader of the process's environment: read once, checked, frozen. Everything else is given values.
 * A variable that makes no sense stops the process at its first breath, with a sentence that names it.
 */
import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { projectRoot } from './root.ts'

const isPostgresUrl = (value: string): boolean => {
  const url = URL.parse(value)
  return url !== null && (url.protocol === 'postgres:' || url.protocol === 'postgresql:') && url.hostname !== ''
}

const isOrigin = (value: string): boolean => {
  const url = URL.parse(value)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.pathname === '/' && url.search === ''
}

const isWebAddress = (value: string): boolean => {
  const protocol = URL.parse(value)?.protocol
  return protocol === 'http:' || protocol === 'https:'
}

/** A variable set to nothing (`PORT= npm start`) counts as not set. */
const optional = <T extends z.ZodType>(schema: T) => z.preprocess((value) => (value === '' ? undefined : value), schema.optional())

const environmentSchema = z.object({
  DATABASE_URL: optional(z.string().refine(isPostgresUrl)),
  TENANTRY_SECRET: optional(z.string().min(32)),
  PORT: optional(z.coerce.number().int().min(1).max(65_535)),
  TENANTRY_URL: optional(z.string().refine(isOrigin)),
  TENANTRY_WORKER: optional(z.enum(['on', 'off'])),
  TENANTRY_TRUSTED_PROXY: optional(z.string().regex(/^(on|off|[1-9])$/)),
  TENANTRY_DATA: optional(z.string()),
  TENANTRY_METRICS_TOKEN: optional(
    z
      .string()
      .min(16)
      .regex(/^[\x21-\x7e]+$/),
  ),
  TENANTRY_WORKER_PORT: optional(z.coerce.number().int().min(1).max(65_535)),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(z.string().refine(isWebAddress)),
  NODE_ENV: optional(z.enum(['production', 'development', 'test'])),
  LOG_LEVEL: optional(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])),
  npm_lifecycle_event: optional(z.string()),
})

type Variable = Exclude<keyof z.output<typeof environmentSchema>, 'npm_lifecycle_event'>

const rightValues: Readonly<Record<Variable, string>> = {
  DATABASE_URL: 'postgres://user:password@host:5432/dbname, or nothing for the embedded server',
  TENANTRY_SECRET: 'at least 32 random characters, the same for every process: openssl rand -base64 32',
  PORT: 'a whole number from 1 to 65535',
  TENANTRY_URL: 'the public address without a path, such as https://tenantry.example.com',
  TENANTRY_WORKER: 'off, to run no worker inside the web process, or on',
  TENANTRY_TRUSTED_PROXY: 'on behind one proxy of your own, the number of proxies behind several (2), or off',
  TENANTRY_DATA: 'the folder of the embedded server, such as .tenantry',
  TENANTRY_METRICS_TOKEN: 'at least 16 characters without blanks, or nothing to keep /metrics off: openssl rand -hex 24',
  TENANTRY_WORKER_PORT: 'a whole number from 1 to 65535, where tenantry worker answers probes',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'the address of an OpenTelemetry collector that takes OTLP over HTTP, such as http://localhost:4318',
  NODE_ENV: 'production, development or test',
  LOG_LEVEL: 'trace, debug, info, warn, error or silent',
}

const secretNames: ReadonlySet<string> = new Set(['DATABASE_URL', 'TENANTRY_SECRET', 'TENANTRY_METRICS_TOKEN', 'OTEL_EXPORTER_OTLP_ENDPOINT'])

export type Environment = {
  /** The control database; null stands for the embedded server. */
  readonly databaseUrl: string | null
  /** Key for sessions and stored connection strings; null when it is not given. */
  readonly secret: string | null
  /** The port asked for; null when none was, so that the next free one from 3000 on may be taken. */
  readonly port: number | null
  /** The public address without a trailing slash; null when the console is only reached at http://localhost:PORT. */
  readonly publicUrl: string | null
  /** Whether the web process works on runs as well. */
  readonly isWorkerInside: boolean
  /** How many proxies of our own stand before the web process and append to X-Forwarded-For; 0: nobody's word is taken. */
  readonly trustedProxies: number
  /** What a reader of /metrics must know; null: there is no /metrics. */
  readonly metricsToken: string | null
  /** Where `tenantry worker` answers probes; null: nowhere. */
  readonly workerPort: number | null
  /** Whether an OpenTelemetry collector is named; its SDK reads the address, and what else the OTEL_ variables say, by itself. */
  readonly isTraced: boolean
  /** Absolute path of the embedded server's folder. */
  readonly dataDir: string
  readonly mode: 'production' | 'development' | 'test'
  /** Level of the log lines; null when none was asked for. */
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent' | null
  /** Whether npm's shell is the parent. */
  readonly isStartedByNpm: boolean
}

/** A wrong variable. The message is one line a variable and never holds a secret's value. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}

/**
 * Reads the variables out of `source`. Throws EnvironmentError naming every variable that is wrong, its value unless it is a secret,
 * and what would be right.
 */
export const readEnvironment = (source: Readonly<Record<string, string | undefined>>): Environment => {
  const parsed = environmentSchema.safeParse(source)
  if (!parsed.success) {
    const wrong = [...new Set(parsed.error.issues.map((issue) => String(issue.path[0])))]
    throw new EnvironmentError(wrong.map((name) => describe(name, source[name])).join('\n'))
  }
  const values = parsed.data
  const dataDir = values.TENANTRY_DATA ?? '.tenantry'
  return Object.freeze({
    databaseUrl: values.DATABASE_URL ?? null,
    secret: values.TENANTRY_SECRET ?? null,
    port: values.PORT ?? null,
    publicUrl: values.TENANTRY_URL?.replace(/\/$/, '') ?? null,
    isWorkerInside: values.TENANTRY_WORKER !== 'off',
    trustedProxies: proxiesOf(values.TENANTRY_TRUSTED_PROXY ?? 'off'),
    metricsToken: values.TENANTRY_METRICS_TOKEN ?? null,
    workerPort: values.TENANTRY_WORKER_PORT ?? null,
    isTraced: values.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
    dataDir: isAbsolute(dataDir) ? dataDir : join(/* turbopackIgnore: true */ projectRoot, dataDir),
    mode: values.NODE_ENV ?? 'development',
    logLevel: values.LOG_LEVEL ?? null,
    isStartedByNpm: values.npm_lifecycle_event !== undefined,
  })
}

const proxiesOf = (text: string): number => (text === 'off' ? 0 : text === 'on' ? 1 : Number(text))

const describe = (name: string, value: string | undefined): string => {
  const shown = secretNames.has(name) ? `${name} is set to something that does not fit` : `${name} is “${value}”`
  return `${shown}; right would be: ${rightValues[name as Variable]}.`
}

/** Puts variables of a `.env` file in the project's folder beside those of the shell, which win. */
const readEnvironmentFile = (): void => {
  const file = join(/* turbopackIgnore: true */ projectRoot, '.env')
  if (existsSync(file)) process.loadEnvFile(file)
}

/** Says what kind of process this is, for React and Next, which read it from the environment when they are loaded. */
export const runAs = (mode: Environment['mode']): void => {
  Object.assign(process.env, { NODE_ENV: mode, NEXT_TELEMETRY_DISABLED: '1' })
}

/** The shell's variables for a child process, with some of them changed. */
export const childEnvironment = (changes: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  ...process.env,
  ...changes,
})

const readProcess = (): Environment => {
  readEnvironmentFile()
  try {
    return readEnvironment(process.env)
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error
    // A stack says nothing to somebody who mistyped a port.
    process.stderr.write(`error environment: ${error.message}\n`)
    process.exit(2)
  }
}

export const env: Environment = readProcess()
