import { isDrivenRun } from '../../contract/states.ts'
import type { DrivenRun, Work } from './work.ts'
import { ReportShare } from './report-share.ts'
import { itemKey, keyOf } from './work.ts'

/** Slots that a run asks for whatever the pace is. A report's own figure is a bound, and never a claim. */
export const demandOf = ({ kind, maxConcurrent }: Pick<DrivenRun, 'kind' | 'maxConcurrent'>): number => (kind === 'report' ? 0 : (maxConcurrent ?? 0))

type Sort = 'reports' | 'writers'

/** So long one report has what there is for reports: rows of few of them are collected at less cost than of many. */
const reportTurnMs = 100

/** The first that the reader has read ahead, else the first that nobody has, else the first; −1: none may go now. What was read stands before what was not. */
const nearest = (queue: readonly Work[], reader: object | null, mayGo: (work: Work) => boolean): number => {
  let first = -1
  for (const [index, work] of queue.entries()) {
    if (!mayGo(work)) continue
    if (work.summary === undefined || (reader !== null && work.reader === reader)) return index
    if (first === -1) first = index
  }
  return first
}

/**
 * The open items of one server, by run and database. Takes turns between runs, so that forty reruns do not wait behind ten thousand.
 */
export class WorkList {
  readonly runs = new Map<number, DrivenRun>()
  /** Items at once of runs that demand no figure of their own. */
  pace = Number.POSITIVE_INFINITY
  readonly #queues = new Map<number, Map<number, Work[]>>()
  readonly #delayed = new Set<Work>()
  readonly #looks: Work[] = []
  readonly #inHand = new Map<string, Work>()
  /** Positions that are neither settled nor dropped, by run. */
  readonly #known = new Map<number, Set<number>>()
  #size = 0
  /** Carried out, and not settled: what they brought is being written. */
  readonly #parked = new Set<string>()
  readonly #running = new Map<number, number>()
  /** Databases in which an item is in hand that touches what all tenants share. */
  readonly #serial = new Set<number>()
  /** How many are in hand of each database that go step by step. */
  readonly #stepwise = new Map<number, number>()
  /** Which of the runs had the last item. */
  readonly #turns: Record<Sort, number> = { reports: -1, writers: -1 }
  #reportsTurnSince = 0
  readonly #share = new ReportShare()

  /** Items that are neither settled nor dropped. */
  get size(): number {
    return this.#size
  }

  /** Nothing waits and nothing is in hand: what is left has only to be written. */
  get isAllParked(): boolean {
    return this.#size === this.#parked.size
  }

  runningOf(run: number): number {
    return this.#running.get(run) ?? 0
  }

  /** In hand or parked: not settled, whatever becomes of its run. */
  busyOf(run: number): number {
    let busy = this.runningOf(run)
    for (const key of this.#parked) if (key.startsWith(`${run}:`)) busy += 1
    return busy
  }

  /** Something is open that does not only look. */
  get hasWriters(): boolean {
    return [...this.runs.values()].some(({ id, kind }) => kind !== 'report' && this.openOf(id) > 0)
  }

  openOf(run: number): number {
    return this.#known.get(run)?.size ?? 0
  }

  has(run: number, position: number): boolean {
    return this.#known.get(run)?.has(position) === true
  }

  add(work: Work): void {
    const known = this.#known.get(work.run.id) ?? new Set()
    if (known.has(work.position)) return
    this.#known.set(work.run.id, known.add(work.position))
    this.#size += 1
    this.#enqueue(work)
  }

  #unknow(run: number, position: number): void {
    const known = this.#known.get(run)
    if (!known?.delete(position)) return
    this.#size -= 1
    if (known.size === 0) this.#known.delete(run)
  }

  #enqueue(work: Work): void {
    if (work.notBefore > Date.now()) {
      this.#delayed.add(work)
      return
    }
    if (work.lookOnly) {
      this.#looks.push(work)
      return
    }
    const queues = this.#queues.get(work.run.id) ?? new Map<number, Work[]>()
    this.#queues.set(work.run.id, queues)
    const queue = queues.get(work.databaseId) ?? []
    queues.set(work.databaseId, queue)
    queue.push(work)
  }

  #wake(): void {
    const now = Date.now()
    for (const work of this.#delayed) {
      if (work.notBefore > now) continue
      this.#delayed.delete(work)
      this.#enqueue(work)
    }
  }

  /** When the next delayed item is due; null when none waits. */
  nextDue(): number | null {
    let due: number | null = null
    for (const { notBefore } of this.#delayed) if (due === null || notBefore < due) due = notBefore
    return due
  }

  #mayFeed(run: DrivenRun): boolean {
    if (!isDrivenRun(run.state)) return false
    if (run.failuresLeft !== null && run.failuresLeft < 0) return false
    if (run.maxConcurrent !== null && this.runningOf(run.id) >= run.maxConcurrent) return false
    return demandOf(run) > 0 || this.#pacedRunning() < this.pace
  }

  #pacedRunning(): number {
    let running = 0
    for (const run of this.runs.values()) if (demandOf(run) === 0) running += this.runningOf(run.id)
    return running
  }

  /**
   * The next item to work on, in hand until `settle` or `giveBack`.
   * @param preferred database of the asking connection, to spare it a reconnect
   * @param reader the asking connection: what it has read ahead comes first, for its backend has those tables open already
   */
  take(preferred: number | null, isUp: (databaseId: number) => boolean, reader: object | null = null): Work | null {
    this.#wake()
    const look = this.#looks.findIndex(({ databaseId }) => isUp(databaseId))
    if (look !== -1) return this.#hand(this.#looks.splice(look, 1)[0] ?? null)
    const order: readonly Sort[] = this.#share.isDue(this.pace, Date.now()) ? ['reports', 'writers'] : ['writers', 'reports']
    for (const kind of order) {
      const work = this.#next(kind, (queues) => this.#pop(queues, preferred, isUp, reader))
      if (work) return this.#hand(work)
    }
    return null
  }

  /** Whose items take long must not have every slot for as long. */
  #leavesHalf(holder: DrivenRun | undefined): boolean {
    return holder !== undefined && this.runningOf(holder.id) < Math.max(1, Math.floor(this.pace / 2))
  }

  #next(kind: Sort, pop: (queues: Map<number, Work[]>) => Work | null): Work | null {
    const runs = [...this.runs.values()].filter((run) => (run.kind === 'report') === (kind === 'reports'))
    const isKept = kind === 'reports' && Date.now() - this.#reportsTurnSince < reportTurnMs && this.#leavesHalf(runs[this.#turns.reports])
    const first = Math.max(0, this.#turns[kind] + (isKept ? 0 : 1))
    for (let offset = 0; offset < runs.length; offset += 1) {
      const turn = (first + offset) % runs.length
      const run = runs[turn]
      const queues = run && this.#mayFeed(run) ? this.#queues.get(run.id) : undefined
      const work = queues && pop(queues)
      if (!work) continue
      if (kind === 'reports' && (!isKept || offset > 0)) this.#reportsTurnSince = Date.now()
      this.#turns[kind] = turn
      return work
    }
    return null
  }

  /** What goes step by step leaves half of the pace to others, unless its run demands a figure: all of a database may wait for one old snapshot. */
  #mayGo({ run, databaseId, isSerial, isStepwise }: Work): boolean {
    if (isSerial && this.#serial.has(databaseId)) return false
    return !isStepwise || run.maxConcurrent !== null || (this.#stepwise.get(databaseId) ?? 0) < Math.max(1, Math.floor(this.pace / 2))
  }

  #countStepwise({ databaseId, isStepwise }: Work, more: 1 | -1): void {
    if (isStepwise) this.#stepwise.set(databaseId, (this.#stepwise.get(databaseId) ?? 0) + more)
  }

  #hand(work: Work | null): Work | null {
    if (!work) return null
    this.#inHand.set(keyOf(work), work)
    this.#share.handed(work, Date.now())
    if (work.isSerial) this.#serial.add(work.databaseId)
    this.#countStepwise(work, 1)
    this.#running.set(work.run.id, this.runningOf(work.run.id) + 1)
    return work
  }

  #pop(queues: Map<number, Work[]>, preferred: number | null, isUp: (databaseId: number) => boolean, reader: object | null): Work | null {
    const order = preferred !== null && queues.has(preferred) ? [preferred, ...queues.keys()] : [...queues.keys()]
    for (const databaseId of order) {
      const queue = queues.get(databaseId)
      if (!queue || queue.length === 0 || !isUp(databaseId)) continue
      const index = nearest(queue, reader, (work) => this.#mayGo(work))
      if (index !== -1) return (index === 0 ? queue.shift() : queue.splice(index, 1)[0]) ?? null
    }
    return null
  }

  /** Everything that waits for a database, in hand of the caller: it has been given up. */
  takeAllOf(databaseId: number): Work[] {
    const taken = [...this.#delayed, ...this.#looks].filter((work) => work.databaseId === databaseId)
    for (const work of taken) this.#delayed.delete(work)
    this.#looks.splice(0, this.#looks.length, ...this.#looks.filter((work) => work.databaseId !== databaseId))
    for (const [id, queues] of this.#queues) {
      const run = this.runs.get(id)
      if (!run || !isDrivenRun(run.state)) continue
      taken.push(...(queues.get(databaseId) ?? []))
      queues.delete(databaseId)
    }
    for (const work of taken) this.#hand(work)
    return taken
  }

  /** Items of the same run and database that nobody has read ahead yet: the asking connection reads them with its own. */
  peekUnread(work: Work, limit: number): Work[] {
    const queue = this.#queues.get(work.run.id)?.get(work.databaseId) ?? []
    const unread: Work[] = []
    for (const next of queue) {
      if (unread.length >= limit) break
      if (next.summary === undefined) unread.push(next)
    }
    return unread
  }

  #release(work: Work): void {
    if (!this.#inHand.delete(keyOf(work))) return
    this.#share.released(work, Date.now())
    if (work.isSerial) this.#serial.delete(work.databaseId)
    this.#countStepwise(work, -1)
    this.#running.set(work.run.id, Math.max(0, this.runningOf(work.run.id) - 1))
  }

  /** Makes room for the next, and stays an open item of its run until it is settled. */
  park(work: Work): void {
    this.#release(work)
    this.#parked.add(keyOf(work))
  }

  settle(work: Work): void {
    this.#release(work)
    this.#unknow(work.run.id, work.position)
    this.#parked.delete(keyOf(work))
  }

  /** Not settled: it waits for another try. */
  giveBack(work: Work, notBefore: number): void {
    this.#release(work)
    this.#parked.delete(keyOf(work))
    work.notBefore = notBefore
    work.summary = undefined
    work.reader = null
    this.#enqueue(work)
  }

  /** Forgets what is not in hand: the run is paused or cancelled. */
  drop(run: number): void {
    this.#queues.delete(run)
    for (const work of this.#delayed) if (work.run.id === run) this.#delayed.delete(work)
    const looks = new Set(this.#looks.flatMap((work) => (work.run.id === run ? [work.position] : [])))
    for (const position of this.#known.get(run) ?? []) {
      const key = itemKey(run, position)
      if (!this.#inHand.has(key) && !this.#parked.has(key) && !looks.has(position)) this.#unknow(run, position)
    }
  }

  /** Unless something of it is still to be settled: taken up again beside that, it would be carried out twice. */
  forget(run: number): void {
    this.drop(run)
    if (this.busyOf(run) > 0) return
    this.runs.delete(run)
    this.#running.delete(run)
  }
}
