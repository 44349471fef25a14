/** What ends a command early, as one line, a document and an exit code. */
import { CommanderError } from 'commander'
import { ConnectionError } from '../connection.ts'
import { withoutSecrets } from '../log.ts'
import { describeError } from '../tenancy/contract/index.ts'
import type { ErrorDocument } from '../tenancy/contract/index.ts'
import { isConnectionLoss, isTenancyError } from '../tenancy/index.ts'

export const exitCodes = { well: 0, targetsFailed: 1, refused: 2, unreachable: 3, interrupted: 130 } as const

/** The sentence and the hint that commander's messages and suggestions are. */
const fromCommander = (error: CommanderError): ErrorDocument => {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n')
  const suggestion = rest
    .join(' ')
    .replace(/^\(|\)$/g, '')
    .trim()
  return {
    code: 'input.invalid',
    message: `${first}.`.replace(/\.\.$/, '.'),
    hint: suggestion || 'tenantry --help shows what there is; tenantry COMMAND --help its options.',
    details: {},
  }
}

const describe = (error: unknown): ErrorDocument => {
  if (isTenancyError(error)) return error.toDocument()
  if (error instanceof ConnectionError) {
    const known = describeError(error.code, { problem: error.message })
    return { ...known, message: error.message }
  }
  if (error instanceof CommanderError) return fromCommander(error)
  if (isConnectionLoss(error)) return describeError('control.unreachable', { problem: 'the connection was lost; runs go on with the next worker' })
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'internal', message: message || 'Something went wrong on our side.', hint: 'LOG_LEVEL=debug shows more.', details: {} }
}

/** `message` and `hint` are one line each and hold no password. */
export const describeFailure = (error: unknown): ErrorDocument => {
  const document = describe(error)
  const oneLine = (text: string): string => withoutSecrets(text.replaceAll(/\s*\n\s*/g, ' '))
  return { ...document, message: oneLine(document.message), hint: document.hint === null ? null : oneLine(document.hint) }
}

export const exitCodeOf = ({ code }: ErrorDocument): number => (code === 'control.unreachable' ? exitCodes.unreachable : exitCodes.refused)
