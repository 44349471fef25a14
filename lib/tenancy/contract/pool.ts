/** What a pool that is not full waits for. */
export type PoolWait =
  /** Its database, or the server as a whole, did not answer when it was last asked. */
  | { readonly for: 'server'; readonly server: string; readonly problem: string }
  /** What a server can do is theirs. */
  | { readonly for: 'runs'; readonly server: string; readonly runs: readonly number[] }
  /** No worker is running anywhere. */
  | { readonly for: 'worker' }
  /** There is nothing yet that a ready schema could be made of. */
  | { readonly for: 'migrations' }

/** The ready schemas of a set in one database. */
export type PoolView = {
  readonly database: string
  /** How many there are to be. */
  readonly size: number
  readonly ready: number
  /** Being made at this moment. */
  readonly building: number
  /** Why there are fewer; null: nothing is in the way. */
  readonly problem: string | null
  /** When what is in the way is tried again by itself; null: with the next change of the set or of the size. */
  readonly retryAt: string | null
  /** What has to end or come before more are made; null: more are made, there are enough, or `problem` says why not. */
  readonly waitsFor: PoolWait | null
}

const listRuns = (runs: readonly number[]): string => {
  const [last] = runs.slice(-1)
  return runs.length === 1 ? `run ${last}` : `runs ${runs.slice(0, -1).join(', ')} and ${last}`
}

/** For people: why it is not full, and what happens next. */
export const describePoolWait = (wait: PoolWait): string => {
  switch (wait.for) {
    case 'server':
      return `Server ${wait.server} did not answer when it was last asked (${wait.problem}). The pool is filled once it answers`
    case 'runs':
      return `Waits for ${listRuns(wait.runs)} on server ${wait.server}: runs go first. The pool is filled when ${wait.runs.length === 1 ? 'it has' : 'they have'} ended`
    case 'worker':
      return 'Waits for a worker: none is running. One that starts fills the pool'
    case 'migrations':
      return 'Waits for the set’s first migration'
  }
}
