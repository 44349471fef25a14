/** How many items of a server are worked at once, and why not more. */
export const paceReasons = ['connections', 'locks', 'replication', 'latency'] as const
export type PaceReason = (typeof paceReasons)[number]

export type ServerPace = {
  /** Items at once now, and as many as the budget would allow. */
  readonly now: number
  readonly most: number
  /** null: nothing holds it down. */
  readonly reason: PaceReason | null
}

const because: Readonly<Record<PaceReason, string>> = {
  connections: 'the server had no connection left',
  locks: 'many targets are locked by others',
  replication: 'a standby has fallen behind',
  latency: 'targets take far longer than before',
}

/** "3 of 6 at once: the server had no connection left" */
export const describePace = ({ now, most, reason }: ServerPace): string => `${now} of ${most} at once${reason === null ? '' : `: ${because[reason]}`}`
