/** What a conductor takes up: the runs that want its server, and their items. Read again whenever something may have changed. */
import type { Logger } from '../../context.ts'
import type { ControlDb } from '../../control/db.ts'
import { isDrivenRun } from '../../contract/states.ts'
import { codeOf } from '../../sql/sqlstate.ts'
import { adoptRun, interruptLeftovers, openRuns, readServer, readWork, type OpenRun, type ServerFacts } from './adopt.ts'
import { LeaseLost, type Lease } from './lease.ts'
import type { RunNow } from './report.ts'
import { share } from './report-share.ts'
import type { Reporter } from './reporter.ts'
import { within } from '../within.ts'
import type { WorkList } from './work-list.ts'
import { itemKey, type DrivenRun, type Work } from './work.ts'

/** What it asks the control plane. */
export const controlReaders = { adoptRun, interruptLeftovers, openRuns, readServer, readWork }

export type IntakeOptions = {
  readonly db: ControlDb
  readonly readers: typeof controlReaders
  readonly logger: Logger
  readonly lease: Lease
  readonly list: WorkList
  readonly reporter: Pick<Reporter, 'reports' | 'empty' | 'held' | 'heldOf'>
  /** The server's databases, addresses and budget as they are now. */
  readonly onServer: (server: ServerFacts) => void
  readonly onRuns: (runs: readonly RunNow[]) => void
  /** Something was taken up, or may be gone. */
  readonly onChange: () => void
  readonly onLost: (error: LeaseLost) => void
}

const longestRestMs = 1_000
const closeMs = 1_000

/** So that one eighth of the time goes into it, as of the slots; what waited for a lock, or was slow, is no measure. */
const restAfter = (tookMs: number): number => Math.min(tookMs * (share - 1), longestRestMs)

export class Intake {
  readonly #options: IntakeOptions
  #reading: Promise<void> = Promise.resolve()
  #next: Promise<void> | null = null
  /** Before that no other report is taken up beside what writes. */
  #restsUntil = 0
  #later: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Nothing more is taken up: what a read under way still does is waited for, but not for long. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#later)
    await within(closeMs, this.#reading)
  }

  /** Nothing that writes is left: reports that rest beside it need not. */
  endRest(): void {
    if (this.#later === undefined || this.#options.list.hasWriters) return
    clearTimeout(this.#later)
    this.#later = undefined
    void this.refresh()
  }

  /** One at a time; those who ask meanwhile share the one after it. */
  refresh(): Promise<void> {
    this.#next ??= this.#after()
    return this.#next
  }

  #after(): Promise<void> {
    const { onLost, logger, lease } = this.#options
    this.#reading = this.#reading
      .then(() => {
        this.#next = null
        return this.#read()
      })
      .catch((error: unknown) => {
        if (error instanceof LeaseLost) onLost(error)
        else logger.warn({ code: codeOf(error), server: lease.serverId }, 'conductor.refresh_failed')
      })
    return this.#reading
  }

  async #read(): Promise<void> {
    if (this.#isClosed) return
    const { db, readers, lease, list, reporter, onServer, onRuns, onChange } = this.#options
    const before = reporter.reports
    const isReported = reporter.empty
    const server = await readers.readServer(db, lease.serverId)
    if (server) onServer(server)
    const open = await readers.openRuns(db, lease.serverId)
    // Retried items and a resumed run give back what failures had used up of the tolerance.
    if (isReported && reporter.empty && reporter.reports === before)
      for (const { id, failuresLeft } of open) {
        const run = list.runs.get(id)
        if (run) run.failuresLeft = failuresLeft
      }
    onRuns(open)
    for (const run of open) {
      if (this.#isClosed) return
      if (!this.#mayLack(run)) continue
      const isNew = !list.runs.has(run.id)
      if (isNew && run.isReport && isDrivenRun(run.state) && this.#mustRest()) continue
      const began = performance.now()
      await this.#tryTakeUp(run.id)
      // One that could not be taken up must not keep others waiting.
      if (isNew && run.isReport && list.runs.has(run.id)) this.#restsUntil = performance.now() + restAfter(performance.now() - began)
      // What was asked for meanwhile may be a run that writes, which many reports would keep waiting.
      if (isNew && list.runs.has(run.id) && this.#next) break
    }
    onChange()
  }

  /** Taking up a report takes as long as a hundred targets of a rollout: many at once would stand in its way, whatever their share of the slots. */
  #mustRest(): boolean {
    const restMs = this.#options.list.hasWriters ? this.#restsUntil - performance.now() : 0
    if (restMs <= 0) return false
    clearTimeout(this.#later)
    this.#later = setTimeout(() => {
      this.#later = undefined
      void this.refresh()
    }, restMs)
    return true
  }

  /** More is open of it than is held or about to be told: something was opened again, or was never taken up. To read thousands of items anew at each word of others is dear. */
  #mayLack({ id, open }: OpenRun): boolean {
    const { list, reporter } = this.#options
    return !list.runs.has(id) || open > list.openOf(id) + reporter.heldOf(id).filter((position) => !list.has(id, position)).length
  }

  /** Those behind a run that cannot be taken up do not wait for it. */
  async #tryTakeUp(id: number): Promise<void> {
    try {
      await this.#takeUp(id)
    } catch (error) {
      if (error instanceof LeaseLost) throw error
      this.#options.logger.warn({ code: codeOf(error), server: this.#options.lease.serverId, run: id }, 'conductor.run_not_taken_up')
    }
  }

  async #takeUp(id: number): Promise<void> {
    const { db, readers, lease, list } = this.#options
    const known = list.runs.get(id)
    const run = known ?? (await readers.adoptRun(db, lease, id))
    if (!run) return
    const interrupted = known ? new Set<number>() : await readers.interruptLeftovers(db, lease, id)
    const found = await this.#readWork(run, interrupted)
    // Together with its items: a run that seems to have none is reported as quiet, and a cancelled one would be ended under the hands of those that begin.
    list.runs.set(id, run)
    for (const work of found) list.add(work)
  }

  /** What is unreported yet still reads as pending, and so does what is reported while this reads: then it reads again. Of a run that is new here nothing is. */
  async #readWork(run: DrivenRun, interrupted: ReadonlySet<number>): Promise<Work[]> {
    const { db, readers, lease, list, reporter } = this.#options
    const isOurs = list.runs.has(run.id) || reporter.heldOf(run.id).length > 0
    for (let round = 0; round < 10; round += 1) {
      const before = reporter.reports
      let held: ReadonlySet<string> | null = null
      const knows = (position: number): boolean => {
        held ??= reporter.held()
        return list.has(run.id, position) || held.has(itemKey(run.id, position))
      }
      const found = await readers.readWork(db, lease, run, interrupted, knows)
      if (!isOurs || reporter.reports === before) return found
    }
    return []
  }
}
