import { plural } from '@/lib/format'
import type { LookView } from '@/lib/tenancy/contract'

const namesShown = 3

/** "The nightly look at the structures of app and eu-1 is under way, begun", with its time to follow. */
export const lookSentence = ({ databases, targets, isAsked, isUnderWay }: Pick<LookView, 'databases' | 'targets' | 'isAsked' | 'isUnderWay'>): string => {
  const where = databases.length > namesShown ? plural(databases.length, 'database') : databases.join(', ')
  const what = targets === null ? `the structures in ${where}` : `${plural(targets, 'structure')} in ${where}`
  return `${isAsked ? 'A look' : 'The scheduled look'} at ${what} ${isUnderWay ? 'is under way, begun' : 'waits for a worker, asked for'}`
}
