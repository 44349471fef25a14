import { TenancyError } from '../tenancy/index.ts'
import { invalid } from './parse-input.ts'
import type { Session } from './session.ts'

/** The set that was named, or the only one there is. Throws input.invalid when there are several, set.unknown when there is none. */
export const onlySet = async ({ tenancy }: Session, named: string | undefined): Promise<string> => {
  if (named !== undefined) return named
  const sets = await tenancy.sets.list()
  const [first] = sets
  if (!first) throw new TenancyError('set.unknown', { set: 'app' })
  if (sets.length > 1) throw invalid(`there are ${sets.length} sets, so --set is needed: ${sets.map(({ name }) => name).join(', ')}.`)
  return first.name
}
