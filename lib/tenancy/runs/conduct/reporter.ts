import type { Library } from '../../context.ts'
import { emptyDigest } from '../../migrations/digest.ts'
import { codeOf } from '../../sql/sqlstate.ts'
import type { Lease } from './lease.ts'
import { writeReport, type RunNow } from './report.ts'
import type { ItemReport } from './report-rows.ts'
import { itemKey } from './work.ts'

const keyOf = ({ run, position }: Pick<ItemReport, 'run' | 'position'>): string => itemKey(run, position)

const retryMs = 500
/** Beyond this the control plane has been away for long: nothing new is begun until it has the old. */
const backlogLimit = 2_000

/** Collects what settles and writes it in batches, one at a time and in order. */
export class Reporter {
  /** Began since the last batch, and nothing else is to be said of them yet. */
  readonly #begun = new Map<string, ItemReport>()
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

  /** What has settled, or was given back, since the last batch. */
  get waiting(): number {
    return this.#items.length
  }

  get empty(): boolean {
    return !this.#hasNews && this.#running === null
  }

  get #hasNews(): boolean {
    return this.#items.length > 0 || this.#begun.size > 0
  }

  get #untold(): readonly ItemReport[] {
    return [...this.#writing, ...this.#items, ...this.#begun.values()]
  }

  /** Counts what was written, for whoever reads items beside it. */
  get reports(): number {
    return this.#reports
  }

  /** Keys of what is not written yet: the control plane still tells an older state of it. */
  held(): ReadonlySet<string> {
    return new Set(this.#untold.map(keyOf))
  }

  /** Positions of a run that are not written yet, each once. */
  heldOf(run: number): number[] {
    return [...new Set(this.#untold.flatMap((item) => (item.run === run ? [item.position] : [])))]
  }

  /** It runs: told with the next batch, unless there is more to be said of it by then, or nothing. */
  begin(item: ItemReport): void {
    this.#begun.set(keyOf(item), item)
  }

  /** It is carried out, and waits for what it brought to be written: to say now that it runs would be a row written for nothing. */
  park(run: number, position: number): void {
    this.#begun.delete(itemKey(run, position))
  }

  add(item: ItemReport): void {
    this.#begun.delete(keyOf(item))
    this.#items.push(item)
  }

  /** Starts a write if none is under way. @param quiet runs of which nothing more is in hand here */
  flush(quiet: readonly number[] = []): Promise<void> {
    if (this.#running) return this.#running
    if ((!this.#hasNews && quiet.length === 0) || this.#failed) return Promise.resolve()
    this.#running = this.#write(quiet).finally(() => {
      this.#running = null
      this.#writing = []
      this.#reports += 1
    })
    return this.#running
  }

  async #write(quiet: readonly number[]): Promise<void> {
    // What began again stands behind what became of it before.
    const items = [...this.#items, ...this.#begun.values()]
    this.#items = []
    this.#begun.clear()
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
    const key = keyOf(item)
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
