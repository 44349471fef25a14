/**
 * Every state that Tenantry stores or shows, with the arrows between them.
 * The control plane's CHECK constraints hold the same words; a test compares both.
 */

export const tenantStates = ['provisioning', 'active', 'suspended', 'archived'] as const
export type TenantState = (typeof tenantStates)[number]

export const versionStates = ['at_head', 'behind', 'ahead', 'diverged', 'unreachable'] as const
export type VersionState = (typeof versionStates)[number]

export const isolations = ['shared', 'schema', 'database'] as const
export type Isolation = (typeof isolations)[number]

export const runKinds = ['migrate', 'onboard', 'repair', 'report'] as const
export type RunKind = (typeof runKinds)[number]

export const runStates = ['queued', 'running', 'pausing', 'paused', 'cancelling', 'cancelled', 'succeeded', 'failed'] as const
export type RunState = (typeof runStates)[number]
/** What people read. */
export const runStateLabels: Readonly<Record<RunState, string>> = {
  queued: 'Queued',
  running: 'Running',
  pausing: 'Pausing',
  paused: 'Paused',
  cancelling: 'Cancelling',
  cancelled: 'Cancelled',
  succeeded: 'Succeeded',
  failed: 'Failed',
}

export const itemStates = ['pending', 'running', 'succeeded', 'failed', 'skipped', 'interrupted', 'cancelled'] as const
export type ItemState = (typeof itemStates)[number]

export const attemptStates = ['succeeded', 'failed', 'interrupted'] as const
export type AttemptState = (typeof attemptStates)[number]

/** Of a ready schema that onboarding may claim: being made, ready, given to a tenant that is being onboarded, on its way out. */
export const poolStates = ['building', 'ready', 'claimed', 'leaving'] as const
export type PoolState = (typeof poolStates)[number]

type Arrows<S extends string> = { readonly [From in S]: { readonly [To in S]?: string } }

/** From → to, with the sentence that says when it happens. A state without arrows is final. */
export const tenantArrows: Arrows<TenantState> = {
  provisioning: { active: 'Its schema, role and migrations were committed in the target database.' },
  active: { suspended: 'An admin suspended it; rollouts leave it out until it is active again.' },
  suspended: { active: 'An admin activated it again.' },
  archived: {},
}

export const runArrows: Arrows<RunState> = {
  queued: {
    running: 'A conductor took the first item.',
    pausing: 'Somebody paused it while a conductor was there that may have had items in hand.',
    paused: 'Somebody paused it before any item was taken.',
    cancelling: 'Somebody cancelled it while a conductor was there that may have had items in hand.',
    cancelled: 'Somebody cancelled it before any item was taken.',
    succeeded: 'It held no items, or the last of them settled before a conductor took it up again, and all is well.',
    failed: 'The last items settled before a conductor took it up again, and one of all did not succeed.',
  },
  running: {
    pausing: 'Somebody asked for a pause, or the failure tolerance was used up; running items finish.',
    paused: 'Somebody paused it while nobody drove it: its conductor had died, or had just left.',
    cancelling: 'Somebody cancelled it; running items finish, pending ones never start.',
    succeeded: 'Every item succeeded or needed nothing.',
    failed: 'Every item settled and at least one did not succeed.',
  },
  pausing: {
    paused: 'The last running item settled.',
    running: 'Somebody resumed it before the last running item settled.',
    cancelling: 'Somebody cancelled it while it was pausing.',
    succeeded: 'The items that were running were the last ones, and all is well.',
    failed: 'The items that were running were the last ones, and one of all did not succeed.',
  },
  paused: {
    queued: 'Somebody resumed it, or retried its failed items; a conductor takes it up again.',
    cancelling: 'Somebody cancelled it while items were still in hand, or left behind by a conductor that died.',
    cancelled: 'Somebody cancelled it; its pending items never start.',
    succeeded: 'The last items were in another server’s hands when it paused, and all is well.',
    failed: 'The last items were in another server’s hands when it paused, and one of all did not succeed.',
  },
  cancelling: { cancelled: 'The last running item settled.' },
  cancelled: {},
  succeeded: {},
  failed: {},
}

export const itemArrows: Arrows<ItemState> = {
  pending: {
    running: 'A conductor sent it to its server.',
    succeeded: 'It was taken and settled between two reports of its conductor.',
    failed: 'It was taken and settled between two reports of its conductor.',
    skipped: 'Its target needed nothing, or may not be touched (suspended, gone).',
    interrupted: 'It was taken and its connection was lost between two reports of its conductor.',
    cancelled: 'The run was cancelled before the item started.',
  },
  running: {
    succeeded: 'Its transaction committed and the history says so.',
    failed: 'PostgreSQL refused a statement and trying again by itself would not help, or the tries are used up.',
    pending: 'The error was one that passes (lock, deadlock, connection); it waits for its next attempt.',
    skipped: 'Somebody else had already brought the target there.',
    interrupted: 'The conductor or its connection died; what the history says is read before anything else.',
  },
  interrupted: {
    pending: 'A conductor took the run over and read the target’s history: the item goes on from there.',
    running: 'A conductor took the run over and tries it again, reading the target’s history first.',
    succeeded: 'A conductor took the run over, and the history says that all was applied.',
    skipped: 'A conductor took the run over, and somebody else had brought the target there.',
    failed: 'The next try failed for good, or the server stayed out of reach for longer than the run waits.',
    cancelled: 'The run was cancelled, and the history says that the item did not get there.',
  },
  failed: { pending: 'Somebody retried it while its run was not final: a new attempt inside the run.' },
  succeeded: {},
  skipped: {},
  cancelled: {},
}

export const finalRunStates = ['cancelled', 'succeeded', 'failed'] as const satisfies readonly RunState[]
/** Settled items need nothing more from a conductor; a run is final when all of its items are. */
export const settledItemStates = ['succeeded', 'failed', 'skipped', 'cancelled'] as const satisfies readonly ItemState[]
export const openItemStates = ['pending', 'running', 'interrupted'] as const satisfies readonly ItemState[]

const has = <S extends string>(list: readonly S[], state: string): boolean => (list as readonly string[]).includes(state)

export const isFinalRun = (state: RunState): boolean => has(finalRunStates, state)
export const isSettledItem = (state: ItemState): boolean => has(settledItemStates, state)
/** Pending items may be taken only in these states. */
export const isDrivenRun = (state: RunState): boolean => state === 'queued' || state === 'running'
export const isStoppingRun = (state: RunState): boolean => state === 'pausing' || state === 'cancelling'

export const canPause = (state: RunState): boolean => state === 'queued' || state === 'running'
export const canResume = (state: RunState): boolean => state === 'paused' || state === 'pausing'
export const canCancel = (state: RunState): boolean => !isFinalRun(state) && state !== 'cancelling'
/** A retry is a new attempt inside the run, so the run must still be open. */
export const canRetry = (state: RunState): boolean => !isFinalRun(state) && !has(['cancelling'], state)
/** A rerun is a new run made from a finished one. */
export const canRerun = (state: RunState): boolean => isFinalRun(state)

export const allowedFrom = <S extends string>(arrows: Arrows<S>, to: S): S[] => (Object.keys(arrows) as S[]).filter((from) => arrows[from][to] !== undefined)
