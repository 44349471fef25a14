import { pino } from 'pino'
import type { Logger } from 'pino'
import { env } from './env.ts'

export type { Logger }

/** The password of a connection string, wherever one turns up in a line: in a driver's message, in a stack, in a field nobody thought of. */
const urlPassword = /(\w+:\/\/[^:/?#\s"]*:)[^@\s"]+@/g
/** One-time tokens in a path or a query. */
const linkToken = /((?:[?&]token=|\/welcome\/)[\w-]{4})[\w.~-]{8,}/g

const secretFields = ['password', 'secret', 'token', 'url', 'controlUrl', 'connectionString', 'authorization', 'cookie']

/** Takes connection strings' passwords and one-time tokens out of a text that people will see. */
export const withoutSecrets = (text: string): string => text.replace(urlPassword, '$1***@').replace(linkToken, '$1***')

/**
 * A logger that writes JSON lines to stderr, where they never mix with a document on stdout. Event names and ids belong into a line, not sentences;
 * secrets are taken out on the way. `usualLevel` counts when LOG_LEVEL is not set.
 */
export const createLogger = (part: string, usualLevel: 'info' | 'warn' | 'error' = env.databaseUrl === null ? 'warn' : 'info'): Logger =>
  pino(
    {
      level: env.logLevel ?? usualLevel,
      base: { part },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '***' },
      hooks: { streamWrite: withoutSecrets },
    },
    pino.destination({ fd: 2, sync: true }),
  )
