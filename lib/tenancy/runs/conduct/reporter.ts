import type { Library } from '../../context.ts'
import { emptyDigest } from '../../migrations/digest.ts'
import { codeOf } from '../../sql/sqlstate.ts'
import type { Lease } from './lease.ts'
import { writeReport, type RunNow } from './report.ts'
import type { ItemReport } from './report-rows.ts'

const retryMs = 500
/** Beyond this the control plane has been away for long: nothing new is begun until it has the old. */
const backlogLimit = 2_000

/** Collects what settles and writes it in batches, one at a time and in order. */
export class Reporter {
  #items: ItemReport[] = []
  #writing: readonly ItemReport[] = []
  #running: Promise<void> | null = null
  #failed: unknown = null
  #reports = 0
  readonly #library: Library
  readonly #lease: Lease
  readonly #worker: string
  readonly #onRuns: (runs: readonly RunNow[]) => void

  constructor(library: Library, lease: Lease, worker: string, onRuns: (runs: readonly RunNow[]) => void) {
    this.#library = library
    this.#lease = lease
    this.#worker = worker
    this.#onRuns = onRuns
  }

  /** Set when the lease was lost: nothing of this conductor counts any more. */
  get lost(): unknown {
    return this.#failed
  }

  get full(): boolean {
    return this.#items.length >= backlogLimit
  }

  get empty(): boolean {
    return this.#items.length === 0 && this.#running === null
  }

  /** Counts what was written, for whoever reads items beside it. */
  get reports(): number {
    return this.#reports
  }

  /** Keys of what is not written yet: the control plane still tells an older state of it. */
  held(): ReadonlySet<string> {
    return new Set([...this.#items, ...this.#writing].map(({ run, position }) => `${run}:${position}`))
  }

  /** Positions of a run that are not written yet, each once. */
  heldOf(run: number): number[] {
    return [...new Set([...this.#items, ...this.#writing].flatMap((item) => (item.run === run ? [item.position] : [])))]
  }

  add(item: ItemReport): void {
    this.#items.push(item)
  }

  /** Starts a write if none is under way. @param quiet runs of which nothing more is in hand here */
  flush(quiet: readonly number[] = []): Promise<void> {
    if (this.#running) return this.#running
    if ((this.#items.length === 0 && quiet.length === 0) || this.#failed) return Promise.resolve()
    this.#running = this.#write(quiet).finally(() => {
      this.#running = null
      this.#writing = []
      this.#reports += 1
    })
    return this.#running
  }

  async #write(quiet: readonly number[]): Promise<void> {
    const items = this.#items
    this.#items = []
    this.#writing = items
    try {
      const runs = await writeReport(
        this.#library.control.db,
        this.#lease,
        this.#worker,
        { items: lastOfEach(items), attempts: items.filter(({ attempt }) => attempt !== null), quiet },
        emptyDigest,
      )
      this.#onRuns(runs)
    } catch (error) {
      if (error instanceof Error && error.name === 'LeaseLost') {
        this.#failed = error
        return
      }
      // The histories hold the truth meanwhile; the batch is sent again in front of what came since.
      this.#library.logger.warn({ code: codeOf(error), server: this.#lease.serverId, items: items.length }, 'conductor.report_failed')
      this.#items = [...items, ...this.#items]
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
  }
}

/** An item may have become running and settled within one batch: its last word counts. */
const lastOfEach = (items: readonly ItemReport[]): ItemReport[] => {
  const last = new Map<string, ItemReport>()
  for (const item of items) {
    const key = `${item.run}:${item.position}`
    const before = last.get(key)
    last.set(key, {
      ...item,
      attempt: item.attempt ?? before?.attempt ?? null,
      seen: item.seen ?? before?.seen ?? null,
      activates: item.activates || before?.activates === true,
    })
  }
  return [...last.values()]
}
