/** A run as document and as text, for every command that ends with one. */
import { formatCount, formatDuration, formatUtc, plural } from '../format.ts'
import { describeHolder, describePutRight, describeWait, isFinalRun, putRightCount } from '../tenancy/contract/index.ts'
import type { FailureGroup, LockHolder, RunDetail, RunSummary, RunWait } from '../tenancy/contract/index.ts'
import type { HolderDocument } from './blocker-documents.ts'
import type { FailureDocument, RunDocument } from './documents.ts'
import { exitCodes } from './failure.ts'
import type { Session } from './session.ts'

export type RunSummaryDocument = Omit<
  RunDocument,
  'failures' | 'claimed' | 'rerunnable' | 'putRight' | 'waitsFor' | 'verified' | 'different' | 'differing' | 'differentShapes'
>

export const summaryDocument = (run: RunSummary): RunSummaryDocument => ({
  id: run.id,
  kind: run.kind,
  set: run.set,
  toVersion: run.toVersion,
  state: run.state,
  stopReason: run.stopReason,
  counts: { ...run.counts },
  note: run.note,
  startedBy: run.startedBy,
  parentRun: run.parentRun,
  createdAt: run.createdAt,
  startedAt: run.startedAt,
  finishedAt: run.finishedAt,
})

export const holderDocument = (holder: LockHolder): HolderDocument => ({ ...holder, holds: holder.holds.map((lock) => ({ ...lock })) })

/** Who held locks when an attempt gave up, in a line. */
export const holderLine = (holder: LockHolder): string =>
  `${describeHolder(holder)}${holder.transactionMs === null ? '' : `, in its transaction for ${formatDuration(Math.max(0, holder.transactionMs))}`}`

const failureDocument = ({ cause, count, example, tenants, remaining, putRight }: FailureGroup): FailureDocument => ({
  cause,
  count,
  code: example.code,
  message: example.message,
  detail: example.detail,
  hint: example.hint,
  version: example.version,
  file: example.file,
  line: example.line,
  statement: example.statement,
  offendingRowsQuery: example.offendingRowsQuery,
  heldBy: (example.heldBy ?? []).map(holderDocument),
  tenants: [...tenants],
  remaining: [...remaining],
  putRight: putRight.map((one) => ({ ...one })),
})

export const readRun = async ({ tenancy }: Session, id: number): Promise<RunDocument> => {
  const [run, failures]: [RunDetail, readonly FailureGroup[]] = await Promise.all([tenancy.runs.get(id), tenancy.runs.failures(id)])
  const { failed, interrupted, cancelled, putRight } = run.leftover
  return {
    ...summaryDocument(run),
    claimed: run.claimed,
    waitsFor: run.waitsFor === null ? null : { database: null, problem: null, ...run.waitsFor },
    failures: failures.map(failureDocument),
    verified: run.verified && { ...run.verified },
    different: run.different,
    differing: run.differing.map((one) => ({ ...one, sentences: [...one.sentences] })),
    differentShapes: run.differentShapes.map((one) => ({ ...one, tenants: [...one.tenants], sentences: [...one.sentences] })),
    rerunnable: failed + interrupted + cancelled,
    putRight: putRight.map((one) => ({ ...one })),
  }
}

const shownCounts = ['succeeded', 'failed', 'skipped', 'running', 'pending', 'interrupted', 'cancelled'] as const

export const describeCounts = ({ counts }: RunSummaryDocument): string => {
  const parts = shownCounts.flatMap((state) => (counts[state] ? [`${formatCount(counts[state])} ${state}`] : []))
  return `${parts.join(', ') || 'nothing'} of ${plural(counts.total, 'target')}`
}

export const describeWork = ({ kind, set, toVersion }: RunSummaryDocument): string => {
  switch (kind) {
    case 'onboard':
      return `onboard into ${set}${toVersion === null ? '' : ` at ${toVersion}`}`
    case 'migrate':
      return `migrate ${set} to ${toVersion ?? 'its newest version'}`
    case 'repair':
      return `repair targets of ${set}`
    case 'report':
      return `ask tenants of ${set}`
  }
}

const durationOf = ({ startedAt, finishedAt }: RunSummaryDocument): string => {
  const ms = startedAt !== null && finishedAt !== null ? Date.parse(finishedAt) - Date.parse(startedAt) : 0
  return ms > 0 ? `  in ${formatDuration(ms)}` : ''
}

const namesShown = 12

const listNames = (names: readonly string[]): string =>
  names.length > namesShown ? `${names.slice(0, namesShown).join(', ')} and ${names.length - namesShown} more` : names.join(', ')

const describeFailure = (failure: FailureDocument): string[] => [
  `${plural(failure.count, 'tenant')}: ${failure.code} ${failure.message}`,
  `  ${listNames(failure.tenants)}`,
  ...(failure.file === null ? [] : [`  at ${failure.file}${failure.line === null ? '' : `:${failure.line}`}`]),
  ...(failure.statement === null ? [] : failure.statement.split('\n').map((line) => `    ${line}`)),
  ...(failure.detail === null ? [] : [`  ${failure.detail}`]),
  ...(failure.hint === null ? [] : [`  ${failure.hint}`]),
  ...failure.heldBy.map((holder) => `  Held locks in the schema of one of them when it gave up: ${holderLine(holder)}`),
  ...(failure.offendingRowsQuery === null ? [] : [`  The rows in the way, in one of them: ${failure.offendingRowsQuery}`]),
]

type DifferentDocument = RunDocument['differentShapes'][number]

const namesOf = ({ tenants, targets }: DifferentDocument): string => {
  const more = targets - tenants.length
  return more > 0 ? `${tenants.join(', ')} and ${formatCount(more)} more` : tenants.join(', ')
}

const differentShapeLines = (one: DifferentDocument): string[] => {
  const { shape, letter, targets, sentences, differences } = one
  const more = differences - sentences.length
  return shape === null
    ? [`  ${plural(targets, 'target')}: nothing that is not accepted differs any more`, `    ${namesOf(one)}`]
    : [
        `  ${plural(targets, 'target')}: shape ${letter ?? ''} (${shape})`,
        ...sentences.map((sentence) => `    ${sentence}`),
        ...(more > 0 ? [`    and ${plural(more, 'difference')} more`] : []),
        `    ${namesOf(one)}`,
      ]
}

/** Applied, and yet not what the migrations make: an index that is invalid, an IF NOT EXISTS that met something else. */
const differingLines = ({ different, differentShapes, set }: RunDocument): string[] => {
  if (different === 0) return []
  const more = different - differentShapes.reduce((sum, { targets }) => sum + targets, 0)
  return [
    `${plural(different, 'target')} ${different === 1 ? 'is' : 'are'} applied, but different from what the migrations make:`,
    ...differentShapes.flatMap(differentShapeLines),
    ...(more > 0 ? [`  ${plural(more, 'target')} of other shapes`] : []),
    `  tenantry drift --set ${set} shows all of it.`,
  ]
}

const pauses: Readonly<Record<string, string>> = {
  failure_tolerance: 'It paused by itself: more targets failed than its failure tolerance allows. ',
  different: 'It paused by itself: more targets than its failure tolerance allows are applied, but different from what the migrations make. ',
}

const nextStep = (run: RunDocument): string | null => {
  if (run.state === 'paused') {
    const why = pauses[run.stopReason ?? ''] ?? 'It is paused. '
    return `${why}tenantry runs resume ${run.id} goes on without the failed ones, runs retry ${run.id} tries them again as well, runs cancel ${run.id} ends it.`
  }
  const putRight = describePutRight(run.putRight, run.rerunnable + putRightCount(run.putRight))
  if (run.rerunnable > 0) {
    const before = putRight === null ? '' : `${putRight}. `
    if (run.counts.failed === 0) return `${before}tenantry runs rerun ${run.id} takes up the ${plural(run.rerunnable, 'target')} that it left.`
    const orAnew = run.kind === 'onboard' ? ' Where that took a change of the set, onboard them again instead.' : ''
    return `${before}Once the cause is mended: tenantry runs rerun ${run.id} tries ${plural(run.rerunnable, 'target')} again.${orAnew}`
  }
  if (putRight !== null) return `${putRight}.`
  if (!isFinalRun(run.state)) return `tenantry runs watch ${run.id} follows it.`
  return null
}

/** What happened, to how many, why, and what next. */
/** The document has every field for each of them. */
const waitOf = ({ waitsFor }: RunDocument): RunWait | null => {
  if (waitsFor === null) return null
  const { server, since } = waitsFor
  if (waitsFor.for === 'server') return { for: 'server', server, since, database: waitsFor.database, problem: waitsFor.problem ?? '' }
  return { for: waitsFor.for, server, since }
}

const waitLine = (run: RunDocument): string[] => {
  const wait = waitOf(run)
  if (wait === null) return []
  return [wait.for === 'server' ? `${describeWait(wait)} First noticed ${formatUtc(wait.since)}.` : describeWait(wait)]
}

export const describeRun = (run: RunDocument): string => {
  const next = nextStep(run)
  return [
    `run ${run.id}  ${describeWork(run)}  ${run.state}${durationOf(run)}`,
    describeCounts(run),
    ...(run.claimed === 0
      ? []
      : [`${formatCount(run.claimed)} of ${plural(run.counts.total, 'tenant')} ${run.claimed === 1 ? 'was' : 'were'} given a ready schema`]),
    ...waitLine(run),
    ...(run.note === '' ? [] : [`note: ${run.note}`]),
    `started by ${run.startedBy}, ${formatUtc(run.createdAt)}${run.parentRun === null ? '' : `, from run ${run.parentRun}`}`,
    ...run.failures.flatMap((failure) => ['', ...describeFailure(failure)]),
    ...differingLines(run).map((line, index) => (index === 0 ? `\n${line}` : line)),
    ...(next === null ? [] : ['', next]),
  ].join('\n')
}

/** 0 only when all is well: the run succeeded, and what was read back of it is as it should be. */
export const exitCodeOfRun = ({ state, verified }: Pick<RunDocument, 'state' | 'verified'>): number =>
  state === 'succeeded' && (verified === null || verified.mismatches + verified.different === 0) ? exitCodes.well : exitCodes.targetsFailed
