/** What failures have in common. */
import { createHash } from 'node:crypto'
import type { AttemptError } from '../../contract/views.ts'

/** As a word of its own, and only where it could be none of the language: a schema may be called “in”. */
const withoutName = (message: string, name: string): string =>
  /[_0-9-]/.test(name) ? message.replace(new RegExp(`(?<![\\w-])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w-])`, 'gu'), '…') : message

/** Numbers, quoted names and the schema's own name differ between tenants whose failures have one cause. */
export const normaliseMessage = ({ message, schema }: Pick<AttemptError, 'message' | 'schema'>): string =>
  (schema ? withoutName(message, schema) : message)
    .replace(/"[^"]*"/g, '"…"')
    .replace(/“[^”]*”/g, '“…”')
    .replace(/\d+/g, 'n')

/** Equal for failures of one cause: SQLSTATE, normalised message, statement. */
export const causeOf = (error: AttemptError): string =>
  createHash('sha256')
    .update(JSON.stringify([error.code, normaliseMessage(error), error.version, error.statement]))
    .digest('hex')
    .slice(0, 16)
