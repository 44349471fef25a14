import { describeError, type ErrorCode, type ErrorDetails, type ErrorDocument } from './contract/errors.ts'

/**
 * A refusal. Thrown by commands and reads; never used for the outcome of fleet work, which is data.
 * Edges show `toDocument()`; `cause` stays in the process's log.
 */
export class TenancyError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(describeError(code, details).message, cause === undefined ? undefined : { cause })
    this.name = 'TenancyError'
    this.code = code
    this.details = details
  }

  toDocument(): ErrorDocument {
    return describeError(this.code, this.details)
  }
}

/** By shape, because a bundled page and an unbundled worker may hold two copies of the class. */
export const isTenancyError = (error: unknown): error is TenancyError =>
  error instanceof Error && error.name === 'TenancyError' && 'code' in error && 'toDocument' in error
