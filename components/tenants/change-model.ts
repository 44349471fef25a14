import { plural } from '@/lib/format'
import type { Selection } from '@/lib/tenancy/contract'

export type StateChange = 'suspend' | 'activate'

type Words = { readonly title: string; readonly description: string; readonly button: string }

const reachOf = (selection: Selection, count: number): string =>
  selection.kind === 'tenants' && selection.slugs.length === 1
    ? `“${selection.slugs[0]}”`
    : selection.kind === 'tenants'
      ? plural(selection.slugs.length, 'tenant')
      : `the tenants of all ${plural(count, 'matching row')}`

/** What will happen to how many. */
export const changeWords = (change: StateChange, selection: Selection, count: number): Words => {
  const reach = reachOf(selection, count)
  const verb = change === 'suspend' ? 'Suspend' : 'Activate'
  const tail = selection.kind === 'tenants' ? 'All or none: if one can’t be changed, nothing is.' : 'Those that can’t be changed stay as they are.'
  const what =
    change === 'suspend'
      ? 'Rollouts leave suspended tenants out until they are active again. Their data and their database role stay as they are.'
      : 'Rollouts reach them again, and bring them up to date from the version they stand at.'
  return { title: `${verb} ${reach}`, description: `${what} ${tail}`, button: `${verb} ${reach}` }
}

export const changedSentence = (change: StateChange, changed: number): string =>
  changed === 0
    ? `Nothing to change: all of them are ${change === 'suspend' ? 'suspended' : 'active'} already.`
    : `${plural(changed, 'tenant')} ${change === 'suspend' ? 'suspended' : 'activated'}.`
