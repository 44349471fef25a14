import type { Command } from 'commander'
import type { z } from 'zod'
import { formatDuration, formatUtc } from '../../format.ts'
import {
  blockersInput,
  describeLock,
  isHiddenSession,
  stopBlockerInput,
  type BlockerStop,
  type BlockingSession,
  type ItemBlockers,
} from '../../tenancy/contract/index.ts'
import { TenancyError } from '../../tenancy/index.ts'
import { formatColumns } from '../columns.ts'
import { runCommand } from '../command.ts'
import { blockersDocument, stoppedDocument } from '../blocker-documents.ts'
import { exitCodes } from '../failure.ts'
import { invalid, parseInput } from '../parse-input.ts'
import { holderDocument, holderLine } from '../run-report.ts'
import type { Session } from '../session.ts'

const age = (ms: number | null): string => (ms === null ? '–' : formatDuration(Math.max(0, ms)))
const oneLine = (query: string): string => query.replaceAll(/\s+/g, ' ').trim().slice(0, 60)

const failedLines = ({ failed, standing, total }: ItemBlockers, slug: string): string[] => {
  if (failed === null) return []
  const when = failed.at === null ? '' : ` at ${formatUtc(failed.at)}`
  const seen = failed.heldBy.length > 0 ? ['Last seen in its way, with locks in its schema:', ...failed.heldBy.map((holder) => `  ${holderLine(holder)}`)] : []
  const now = standing === 'free' ? [] : [total === 0 ? 'Nobody holds a lock in its schema now.' : 'These hold locks in its schema now:']
  return [
    `${slug} has failed${when}: ${failed.code} ${failed.message}`,
    ...(failed.isLock && seen.length === 0 ? ['Who held the lock was not seen.'] : seen),
    ...now,
  ]
}

const standingOf = ({ standing, own, total }: ItemBlockers, slug: string): string => {
  if (standing === 'free' && own === null) return `Nobody is in the way of ${slug}: nothing of it waits for a lock in this run now.`
  if (standing === 'free') return `Nobody is in the way of ${slug}.`
  if (standing === 'waits') return `${slug} waits for ${own?.waitsFor ? describeLock(own.waitsFor) : 'a lock'}.`
  return `${slug} met a lock and is tried again by itself.${total === 0 ? ' Nobody holds one in its schema now.' : ' These hold locks in its schema:'}`
}

const sessionDocument = (session: BlockingSession) => ({ ...session, waitsFor: [...session.waitsFor], holds: [...session.holds] })

const tableOf = (sessions: readonly BlockingSession[]): string =>
  formatColumns(sessions, [
    { title: 'pid', value: ({ pid }) => String(pid), isNumber: true },
    { title: 'depth', value: ({ depth }) => String(depth), isNumber: true },
    { title: 'application', value: ({ application }) => application || '–' },
    { title: 'user', value: ({ user }) => user ?? '–' },
    { title: 'state', value: (session) => (isHiddenSession(session) ? 'hidden: grant pg_monitor' : (session.state ?? '–')) },
    { title: 'transaction', value: ({ transactionMs }) => age(transactionMs) },
    { title: 'query for', value: ({ queryMs }) => age(queryMs) },
    { title: 'waits for', value: ({ waitsFor }) => waitsFor.join(', ') || '–' },
    { title: 'query', value: ({ query }) => oneLine(query ?? '–') },
  ])

const look = async ({ tenancy, output }: Session, { run, slug }: z.output<typeof blockersInput>): Promise<number> => {
  const blockers = await tenancy.runs.blockers(run, slug)
  const { problem, sessions } = blockers
  output.result(
    blockersDocument,
    {
      blockers: {
        ...blockers,
        sessions: sessions.map(sessionDocument),
        failed: blockers.failed && { ...blockers.failed, heldBy: blockers.failed.heldBy.map(holderDocument) },
      },
    },
    () =>
      [
        ...failedLines(blockers, slug),
        ...(problem !== null ? [problem] : blockers.failed === null ? [standingOf(blockers, slug)] : []),
        ...(sessions.length === 0 ? [] : [tableOf(sessions)]),
      ].join('\n'),
  )
  return problem === null ? exitCodes.well : exitCodes.targetsFailed
}

/** Before anything is opened: the start of the session is looked up afterwards. */
const typedStop = blockersInput.extend(stopBlockerInput.pick({ pid: true, reason: true }).shape)
type Stop = z.output<typeof typedStop> & { readonly how: BlockerStop }

/** The pid as it stands now; whoever typed it has looked a moment ago, and is asked for nothing that only a program would keep. */
const stop = async ({ tenancy, actor, output }: Session, { how, ...input }: Stop): Promise<number> => {
  const { run, slug, pid } = input
  const { sessions, problem } = await tenancy.runs.blockers(run, slug)
  const found = sessions.find((session) => session.pid === pid)
  if (problem !== null) throw new TenancyError('session.unseen', { pid, problem })
  if (!found) throw new TenancyError('session.not_blocking', { pid, slug })
  if (isHiddenSession(found))
    throw new TenancyError('session.unseen', {
      pid,
      problem: 'the console’s role may not see it.',
      remedy: 'Grant pg_monitor and pg_signal_backend to that role.',
    })
  const act = how === 'cancel' ? tenancy.runs.cancelBlocker : tenancy.runs.terminateBlocker
  await act(actor, { ...input, backendStart: found.backendStart ?? '' })
  output.result(stoppedDocument, { stopped: { run, tenant: slug, pid, how, application: found.application } }, () =>
    how === 'cancel' ? `Session ${pid} (${found.application}) was told to cancel its query.` : `Session ${pid} (${found.application}) was told to end.`,
  )
  return exitCodes.well
}

type Typed = { readonly cancel?: string; readonly terminate?: string; readonly reason?: string }

const readStop = (run: string, slug: string, { cancel, terminate, reason }: Typed): Stop => {
  if (cancel !== undefined && terminate !== undefined) throw invalid('--cancel and --terminate exclude each other')
  const how = cancel === undefined ? 'terminate' : 'cancel'
  const pid = cancel ?? terminate
  if (pid !== undefined && !/^\d+$/.test(pid)) throw invalid(`--${how} takes the number of a session (pid), not “${pid}”`)
  return { ...parseInput(typedStop, { run, slug, pid, reason: reason ?? '' }), how }
}

export const addBlockers = (runs: Command): void => {
  runs
    .command('blockers <id> <slug>')
    .summary('who is in the way of a tenant’s item, looked at now; cancel that query or terminate that session')
    .option('--cancel <pid>', 'end the query that the session runs')
    .option('--terminate <pid>', 'end the session; its transaction is rolled back')
    .option('--reason <text>', 'why, for the audit; needed for both')
    .action((run: string, slug: string, typed: Typed) =>
      typed.cancel === undefined && typed.terminate === undefined
        ? runCommand(() => parseInput(blockersInput, { run, slug }), look)
        : runCommand(() => readStop(run, slug, typed), stop),
    )
    .addHelpText('after', '\nExamples:\n  tenantry runs blockers 42 acme\n  tenantry runs blockers 42 acme --terminate 4711 --reason "forgotten psql"')
}
