/** A command that was refused leaves a row in the audit, whichever door it came through. */
import type { Logger } from './log.ts'
import { errorTable, type Actor, type Tenancy } from './tenancy/contract/index.ts'
import type { TenancyError } from './tenancy/index.ts'

/** What was typed wrongly was never a command, and what failed on our side is no refusal. */
const leavesRow = ({ code }: TenancyError): boolean => code !== 'input.invalid' && errorTable[code].status < 500

/** Lists of a thousand lines are for who asked; the row keeps the words and numbers. */
const briefDetails = (details: TenancyError['details']): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(details).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value)))

/** The refusal stands whether or not the row could be written. @param entry the command's name, such as `runs.pause` */
export const recordRefusal = async (tenancy: Tenancy, actor: Actor, entry: string, error: TenancyError, log: Logger): Promise<void> => {
  if (!leavesRow(error)) return
  try {
    await tenancy.audit.record({
      actor,
      action: `refused.${entry}`,
      subjectKind: 'entry',
      subject: entry,
      details: { ...briefDetails(error.details), code: error.code },
    })
  } catch (failure) {
    log.error({ entry, err: failure }, 'audit.failed')
  }
}
