import { useQuery } from '@tanstack/react-query'
import { useRested } from '@/components/ui/use-rested'
import { reportQueries } from '@/lib/client/queries/reports'
import type { ReportParam, ReportProblem } from '@/lib/tenancy/contract'
import type { Draft } from './draft-model'
import { paramsToSend } from './params-model'
import { describeFailedCheck } from './report-text-model'

const typingMs = 220
const none: readonly never[] = []

/** What the server says of a text while it is written: its parameters, and what is wrong with it. */
export const useReportCheck = (
  set: string,
  sql: string,
): { readonly params: readonly ReportParam[]; readonly problems: readonly ReportProblem[]; readonly isCurrent: boolean; readonly refused: string | null } => {
  const rested = useRested(sql, typingMs)
  const isEmpty = rested.trim() === ''
  const check = useQuery({ ...reportQueries.check(set, rested), enabled: !isEmpty })
  return {
    params: isEmpty ? none : (check.data?.params ?? none),
    problems: isEmpty ? none : (check.data?.problems ?? none),
    isCurrent: rested === sql && !check.isPlaceholderData && check.data !== undefined,
    refused: rested === sql && !isEmpty && check.error !== null ? describeFailedCheck(check.error) : null,
  }
}

/** What a draft is saved with: values of parameters that its text declares now, and of no others that it once had. */
export const useDeclaredParams = ({ set, sql, params }: Pick<Draft, 'set' | 'sql' | 'params'>): Record<string, string> => {
  const check = useReportCheck(set, sql)
  return check.isCurrent ? paramsToSend(check.params, params) : { ...params }
}
