import { TenancyError } from '../errors.ts'
import { connectionWords } from '../sql/connection-words.ts'
import { codeOf } from '../sql/sqlstate.ts'

/** Whatever connecting to the control database threw, as the refusal that says so in words. */
export const controlUnreachable = (error: unknown): TenancyError =>
  new TenancyError('control.unreachable', { problem: `${connectionWords(codeOf(error))}.` }, error)
