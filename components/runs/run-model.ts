/** What a run's page and list say and offer, decided from its state, its counts and the asker's role. */
import {
  canCancel,
  canPause,
  canRerun,
  canResume,
  describePace,
  canRetry,
  describePutRight,
  isFinalRun,
  may,
  putRightCount,
  type ItemCounts,
  type ItemState,
  type Permission,
  type Role,
  type RunDetail,
  type RunKind,
  type RunState,
} from '@/lib/tenancy/contract'
import { formatCount as count, plural } from '@/lib/format'

export type RunFacts = {
  readonly id: number
  readonly kind: RunKind
  readonly state: RunState
  readonly set: string
  readonly toVersion: string | null
  readonly counts: ItemCounts
  readonly stopReason: string | null
  readonly leftover: RunDetail['leftover']
}

export const runCommands = ['pause', 'resume', 'retry', 'rerun', 'cancel'] as const
export type RunCommand = (typeof runCommands)[number]

export type RunCommandOffer = {
  readonly command: RunCommand
  readonly label: string
  /** What happens to how many, asked before it is done; null where it can be undone at once. */
  readonly confirm: { readonly title: string; readonly body: string; readonly label: string; readonly asksNote: boolean } | null
  readonly emphasis: 'primary' | 'plain' | 'danger'
}

const neededPermission: Readonly<Record<RunCommand, Permission>> = {
  pause: 'runs.control',
  resume: 'runs.control',
  cancel: 'runs.control',
  retry: 'runs.retry',
  rerun: 'runs.rerun',
}

/** Items that a rerun takes when none are chosen: what no later run has put right. */
const rerunnableItems = ({ failed, interrupted, cancelled }: RunFacts['leftover']): number => failed + interrupted + cancelled

const stateAllows = (command: RunCommand, run: RunFacts): boolean => {
  switch (command) {
    case 'pause':
      return canPause(run.state)
    case 'resume':
      return canResume(run.state)
    case 'cancel':
      return canCancel(run.state)
    case 'retry':
      return canRetry(run.state) && run.counts.failed > 0
    case 'rerun':
      return canRerun(run.state) && rerunnableItems(run.leftover) > 0
  }
}

const stands: ReadonlySet<RunState> = new Set(['pausing', 'paused'])

/** A run that stands goes on with a retry, all of it; of one that goes on anyway nothing is to be asked. @param what behind the verb */
export const retryOf = ({ id, state, counts }: Pick<RunFacts, 'id' | 'state' | 'counts'>, what: string): RunCommandOffer['confirm'] => {
  if (!stands.has(state)) return null
  const waiting = counts.pending + counts.interrupted
  const others = waiting === 0 ? 'Nothing else of it waits.' : `${plural(waiting, 'other target')} that ${waiting === 1 ? 'waits goes' : 'wait go'} on as well.`
  return { title: `Retry ${what}, and resume run ${id}?`, body: `A retry sets the run going again. ${others}`, label: 'Retry and resume', asksNote: false }
}

const offer = (command: RunCommand, run: RunFacts): RunCommandOffer => {
  const { counts } = run
  switch (command) {
    case 'pause':
      return { command, label: 'Pause', confirm: null, emphasis: 'plain' }
    case 'resume':
      return { command, label: 'Resume', confirm: null, emphasis: 'primary' }
    case 'retry':
      return { command, label: `Retry ${count(counts.failed)} failed`, confirm: retryOf(run, `${count(counts.failed)} failed`), emphasis: 'plain' }
    case 'rerun': {
      const items = rerunnableItems(run.leftover)
      return {
        command,
        label: `Rerun ${count(items)}`,
        confirm: {
          title: `Rerun ${plural(items, 'target')} of run ${run.id}?`,
          body: `A new run starts with ${rerunParts(run.leftover)}. ${putRightPart(run.leftover)}Run ${run.id} stays as it is.`,
          label: `Start the rerun of ${count(items)}`,
          asksNote: true,
        },
        emphasis: 'primary',
      }
    }
    case 'cancel':
      return {
        command,
        label: 'Cancel run',
        confirm: {
          title: `Cancel run ${run.id}?`,
          body:
            run.kind === 'report'
              ? cancelReportBody(counts)
              : `${cancelParts(counts)} What is applied stays applied. A cancelled run can’t be resumed, but its targets can be rerun.`,
          label: 'Cancel the run',
          asksNote: false,
        },
        emphasis: 'danger',
      }
  }
}

const withWhat: Readonly<Record<RunFacts['kind'], string>> = {
  migrate: ', with the same files',
  onboard: ', with the same files',
  repair: ', with the same statements',
  report: '; its result holds what the others have answered as well',
}

/** What a rerun of chosen targets will do. */
export const rerunOf = ({ id: run, kind }: Pick<RunFacts, 'id' | 'kind'>, slugs: readonly string[]): NonNullable<RunCommandOffer['confirm']> => ({
  title: slugs.length === 1 ? `Rerun ${slugs[0]}?` : `Rerun ${plural(slugs.length, 'target')} of run ${run}?`,
  body: `A new run ${kind === 'report' ? 'asks' : 'tries'} ${slugs.length === 1 ? 'it' : 'them'} again${withWhat[kind]}. Run ${run} stays as it is.`,
  label: slugs.length === 1 ? 'Start the rerun' : `Start the rerun of ${count(slugs.length)}`,
  asksNote: true,
})

const putRightPart = (leftover: RunFacts['leftover']): string => {
  const sentence = describePutRight(leftover.putRight, rerunnableItems(leftover) + putRightCount(leftover.putRight))
  return sentence === null ? '' : `${sentence}, and left out. `
}

const rerunParts = (counts: RunFacts['leftover']): string => {
  const parts: string[] = []
  if (counts.failed > 0) parts.push(`${count(counts.failed)} that failed`)
  if (counts.interrupted > 0) parts.push(`${count(counts.interrupted)} that ${were(counts.interrupted)} interrupted`)
  if (counts.cancelled > 0) parts.push(`${count(counts.cancelled)} that ${were(counts.cancelled)} cancelled`)
  return parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}` : (parts[0] ?? 'nothing')
}
const were = (n: number): string => (n === 1 ? 'was' : 'were')

const cancelReportBody = (counts: ItemCounts): string => {
  const waiting = counts.pending + counts.interrupted
  const asked = counts.running === 0 ? '' : ` ${count(counts.running)} being asked ${counts.running === 1 ? 'is' : 'are'} called off at once.`
  return `${plural(waiting, 'tenant')} that ${waiting === 1 ? 'waits' : 'wait'} will not be asked.${asked} Rows of those that have answered stay; the others can be asked again.`
}

const cancelParts = (counts: ItemCounts): string => {
  const waiting = counts.pending + counts.interrupted
  const parts = [`${plural(waiting, 'target')} that ${waiting === 1 ? 'waits' : 'wait'} will not start.`]
  if (counts.running > 0) parts.push(`${count(counts.running)} running ${counts.running === 1 ? 'finishes' : 'finish'} first.`)
  return parts.join(' ')
}

/** In the order in which the buttons stand. */
export const commandsOffered = (run: RunFacts, role: Role): readonly RunCommandOffer[] =>
  runCommands.filter((command) => may(role, neededPermission[command]) && stateAllows(command, run)).map((command) => offer(command, run))

export type TryAgain = 'retry' | 'rerun'

/** How "these" of a failure group or a tenant are tried again: inside the open run, or as a new run of a final one; null: not now, or not by this role. */
export const tryAgainBy = (state: RunState, role: Role): TryAgain | null => {
  if (canRetry(state)) return may(role, 'runs.retry') ? 'retry' : null
  if (canRerun(state)) return may(role, 'runs.rerun') ? 'rerun' : null
  return null
}

/** What an attempt has settled; what was cancelled never had one that did. */
export const workedCount = ({ succeeded, failed, skipped }: ItemCounts): number => succeeded + failed + skipped

/** "42", "of 200", and what makes the rest, or a part of it, worth a look. */
export const workedWords = (
  counts: ItemCounts,
): { readonly done: string; readonly of: string; readonly notes: ReadonlyArray<{ readonly tone: 'bad' | 'quiet'; readonly text: string }> } => ({
  done: count(workedCount(counts)),
  of: `of ${count(counts.total)}`,
  notes: [
    ...(counts.failed > 0 ? [{ tone: 'bad' as const, text: `${count(counts.failed)} failed` }] : []),
    ...(counts.cancelled > 0 ? [{ tone: 'quiet' as const, text: `${count(counts.cancelled)} cancelled` }] : []),
  ],
})

export const runTitle = (run: Pick<RunFacts, 'kind' | 'set' | 'toVersion' | 'counts'>): string => {
  switch (run.kind) {
    case 'migrate':
      return `Roll ${run.set} out to ${run.toVersion ?? 'head'}`
    case 'onboard':
      return `Onboard ${plural(run.counts.total, 'tenant')} to ${run.set}`
    case 'repair':
      return `Repair ${plural(run.counts.total, 'target')} of ${run.set}`
    case 'report':
      return `Ask ${plural(run.counts.total, 'tenant')} of ${run.set}`
  }
}

/** Segments of the progress bar in the order of drawing; shares of the total that add up to 1 for a run with items. */
export const progressSegments = (counts: ItemCounts): ReadonlyArray<{ readonly state: ItemState; readonly count: number; readonly share: number }> =>
  (['succeeded', 'skipped', 'failed', 'interrupted', 'cancelled', 'running', 'pending'] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => ({ state, count: counts[state], share: counts[state] / Math.max(counts.total, 1) }))

/** Whole percent that was worked on, rounded down so that 100 means all; what was cancelled never was. */
export const workedPercent = (counts: ItemCounts): number => (counts.total === 0 ? 100 : Math.floor((workedCount(counts) / counts.total) * 100))

const pausedSentence = (stopReason: string | null, counts: ItemCounts, waiting: number): string => {
  const rest = `${count(waiting)} ${waiting === 1 ? 'waits' : 'wait'}.`
  if (stopReason === 'failure_tolerance') return `Paused by itself: ${plural(counts.failed, 'failure')}, more than the run tolerates. ${rest}`
  if (stopReason === 'different')
    return `Paused by itself: more targets than the run tolerates are applied, but different from what the migrations make${failedPart(counts)}. ${rest}`
  return `Paused: ${plural(waiting, 'target')} ${waiting === 1 ? 'waits' : 'wait'}${failedPart(counts)}.`
}

/** One sentence: where the run stands, and what it waits for. */
export const runSentence = (run: RunFacts): string => {
  const { counts } = run
  const waiting = counts.pending + counts.interrupted
  switch (run.state) {
    case 'queued':
      return `${plural(waiting, 'target')} ${waiting === 1 ? 'waits' : 'wait'} for a worker.`
    case 'running':
      return `${count(workedCount(counts))} of ${plural(counts.total, 'target')} settled${failedPart(counts)}.`
    case 'pausing':
      return `Pausing: ${plural(counts.running, 'running target')} ${counts.running === 1 ? 'finishes' : 'finish'} first.`
    case 'paused':
      return pausedSentence(run.stopReason, counts, waiting)
    case 'cancelling':
      return `Cancelling: ${plural(counts.running, 'running target')} ${counts.running === 1 ? 'finishes' : 'finish'} first.`
    case 'cancelled':
      return `Cancelled: ${count(counts.succeeded)} of ${plural(counts.total, 'target')} succeeded${failedPart(counts)}, ${count(counts.cancelled)} left undone.`
    case 'succeeded':
      return succeededSentence(run)
    case 'failed':
      return `${count(counts.succeeded + counts.skipped)} of ${plural(counts.total, 'target')} succeeded${failedPart(counts)}.`
  }
}

const succeededSentence = ({ counts, kind }: RunFacts): string => {
  if (counts.total === 0) return 'Nothing was to be done.'
  const did =
    kind === 'onboard'
      ? `${plural(counts.succeeded, 'tenant')} onboarded`
      : kind === 'report'
        ? `${plural(counts.succeeded, 'tenant')} answered`
        : `${plural(counts.succeeded, 'target')} ${kind === 'repair' ? 'repaired' : 'migrated'}`
  return counts.skipped > 0 ? `${did}, ${count(counts.skipped)} needed nothing.` : `${did}, none failed.`
}

/** "8 of 10 were given a ready schema"; empty while the run is open, and where none was. */
export const claimedText = ({ state, counts, claimed }: Pick<RunDetail, 'state' | 'counts' | 'claimed'>): string => {
  if (claimed === 0 || !isFinalRun(state)) return ''
  const { total } = counts
  if (claimed < total) return `${count(claimed)} of ${count(total)} ${claimed === 1 ? 'was' : 'were'} given a ready schema`
  return `${total === 1 ? 'was' : `all ${count(total)} were`} given a ready schema`
}

const failedPart = (counts: ItemCounts): string => (counts.failed > 0 ? `, ${count(counts.failed)} failed` : '')

/** What reading the targets back after the end showed. `tone` colours it; null while the run is open, and for a report, which has changed nothing. */
export const verifiedLine = (
  kind: RunKind,
  state: RunState,
  verified: { readonly targets: number; readonly mismatches: number; readonly different: number } | null,
): { readonly tone: 'good' | 'bad' | 'waiting'; readonly text: string } | null => {
  if (kind === 'report' || !isFinalRun(state)) return null
  if (verified === null) return { tone: 'waiting', text: 'The histories of its targets have not been read back yet.' }
  if (verified.mismatches > 0)
    return {
      tone: 'bad',
      text: `Read back: ${count(verified.mismatches)} of ${plural(verified.targets, 'history', 'histories')} ${verified.mismatches === 1 ? 'differs' : 'differ'} from what was recorded.`,
    }
  if (verified.targets === 0) return null
  if (verified.different > 0)
    return {
      tone: 'bad',
      text: `Read back: ${count(verified.different)} of ${plural(verified.targets, 'target')} ${verified.different === 1 ? 'is' : 'are'} applied, but different from what the migrations make.`,
    }
  return { tone: 'good', text: `Read back: ${plural(verified.targets, 'history', 'histories')}, all as recorded.` }
}

/** "41 a second", "1 every 12 s"; empty while nothing is known or the run stands still. */
export const rateText = (state: RunState, rate: number | null): string => {
  if (rate === null || rate <= 0 || !['running', 'pausing', 'cancelling'].includes(state)) return ''
  if (rate >= 10) return `${count(Math.round(rate))} a second`
  if (rate >= 1) return `${rate.toFixed(1)} a second`
  return `1 every ${count(Math.round(1 / rate))} s`
}

/** "about 4 min left"; empty when it is not known or the run isn't moving. */
export const timeLeftText = (state: RunState, etaMs: number | null): string => {
  if (etaMs === null || state !== 'running') return ''
  const seconds = Math.ceil(etaMs / 1000)
  if (seconds < 90) return `about ${count(Math.max(seconds, 1))} s left`
  if (seconds < 5400) return `about ${count(Math.round(seconds / 60))} min left`
  return `about ${count(Math.round(seconds / 3600))} h left`
}

/** The tab that is shown until one is chosen: failures as soon as there are any. */
export const runTabs = ['failures', 'items', 'plan'] as const
export type RunTab = (typeof runTabs)[number]
export const tabShown = (chosen: RunTab | null, counts: ItemCounts): RunTab => chosen ?? (counts.failed > 0 ? 'failures' : 'items')

const mostServersTold = 3
const held = (servers: RunDetail['servers']): RunDetail['servers'] => servers.filter(({ pace }) => pace !== null && pace.reason !== null)

/** How many items go at once on each server, and where something holds that down, what; of many servers those alone. Empty while nothing is worked on, and where a figure was demanded. */
export const atOnceText = ({ servers, maxConcurrent, kind }: Pick<RunDetail, 'servers' | 'maxConcurrent' | 'kind'>): string => {
  if (maxConcurrent !== null && kind !== 'report') return ''
  const told = servers.length <= mostServersTold ? servers : held(servers)
  return told.flatMap(({ server, pace }) => (pace === null ? [] : [`${server}: ${describePace(pace)}`])).join('; ')
}

/** "2 at once on each server, as asked for"; empty where nobody asked for a figure. A report's is a bound. */
export const demandText = ({ maxConcurrent, kind }: Pick<RunDetail, 'maxConcurrent' | 'kind'>): string =>
  maxConcurrent === null ? '' : `${kind === 'report' ? 'at most ' : ''}${count(maxConcurrent)} at once on each server, as asked for`
