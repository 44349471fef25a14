/** What on-call sees of the runs on one server while they are driven: log lines with ids, counts, spans. */
import { isFinalRun } from '../contract/states.ts'
import type { Library } from '../context.ts'
import { sqlstateClass } from '../sql/sqlstate.ts'
import { beginRunSpan, beginSpan, endSpan, runSpanIds, type Span } from '../tracing.ts'
import type { ItemOutcome } from './conduct/execute.ts'
import type { DrivenRun, Work } from './conduct/work.ts'

type SeenRun = Pick<DrivenRun, 'id' | 'kind' | 'state'>
/** What is told of an item, whoever works on it. */
export type SeenWork = Pick<Work, 'slug' | 'attempts'> & { readonly run: SeenRun }

type Place = {
  readonly installation: string
  readonly server: string
  readonly worker: string
  /** Of the server's conductor; null: it works without one. */ readonly epoch: number | null
}
type Watched = { readonly run: SeenRun; readonly span: Span }
/** `untouched` says nothing of the item. */
type Settled = Exclude<ItemOutcome, { readonly kind: 'untouched' }>

export class RunWatch {
  readonly #library: Pick<Library, 'logger' | 'meters'>
  readonly #place: Place
  readonly #runs = new Map<number, Watched>()
  readonly #items = new Map<SeenWork, Span>()

  constructor(library: Pick<Library, 'logger' | 'meters'>, place: Place) {
    this.#library = library
    this.#place = place
  }

  /** @returns the item's span, under that of the run on this server */
  began(work: SeenWork, startedAt: Date): Span {
    const { run, slug } = work
    let watched = this.#runs.get(run.id)
    if (!watched) {
      const { installation, server, worker, epoch } = this.#place
      const attributes = { 'db.system': 'postgresql', 'tenantry.run': run.id, 'tenantry.kind': run.kind, 'tenantry.server': server, 'tenantry.worker': worker }
      // Only for what stands below it: whoever reads the run back ends one like it.
      const whole = beginRunSpan(runSpanIds(installation, run.id), {})
      watched = { run, span: beginSpan('tenantry.server', whole, attributes) }
      this.#runs.set(run.id, watched)
      this.#library.logger.info({ run: run.id, kind: run.kind, server, worker, ...(epoch === null ? {} : { epoch }) }, 'run.started')
    }
    const attributes = { 'db.system': 'postgresql', 'tenantry.run': run.id, 'tenantry.tenant': slug, 'tenantry.attempt': work.attempts + 1 }
    const span = beginSpan('tenantry.item', watched.span, attributes, startedAt.getTime())
    this.#items.set(work, span)
    return span
  }

  /** @param again whether the item will be tried again here */
  settled(work: SeenWork, outcome: ItemOutcome, startedAt: Date, again: boolean): void {
    const span = this.#items.get(work)
    this.#items.delete(work)
    if (outcome.kind === 'untouched') return span?.end()
    if (outcome.unfit !== undefined)
      this.#library.logger.warn({ run: work.run.id, tenant: work.slug, server: this.#place.server, code: outcome.unfit }, 'pool.unfit')
    this.#count(work, outcome, startedAt)
    span?.setAttribute('tenantry.outcome', outcome.kind)
    const version = outcome.kind === 'failed' ? outcome.error.version : outcome.versions.at(-1)
    if (span && version) span.setAttribute('version', version)
    if (outcome.kind !== 'failed') return span && endSpan(span, null)
    const { code } = outcome.error
    if (span) endSpan(span, code)
    const fields = { run: work.run.id, tenant: work.slug, attempt: work.attempts, server: this.#place.server, code, version }
    if (again) this.#library.logger.debug(fields, 'item.again')
    else this.#library.logger.warn(fields, 'item.failed')
  }

  /** Whoever drives the server next builds it, or asks its history: this was no attempt. */
  notClaimed(work: SeenWork, kind: 'unfit' | 'failed' | 'unknown', code: string): void {
    const span = this.#items.get(work)
    this.#items.delete(work)
    span?.setAttribute('tenantry.outcome', kind)
    if (span) endSpan(span, code)
    this.#library.logger.warn({ run: work.run.id, tenant: work.slug, server: this.#place.server, kind, code }, 'pool.not_claimed')
  }

  #count({ run }: SeenWork, outcome: Settled, startedAt: Date): void {
    const what = outcome.kind === 'failed' && outcome.interrupted ? 'interrupted' : outcome.kind
    this.#library.meters.attempt(run.kind, what, outcome.kind === 'failed' ? sqlstateClass(outcome.error.code) : '', (Date.now() - startedAt.getTime()) / 1000)
  }

  /** The run has another state now, as far as this server knows. */
  learned({ id, kind, state }: SeenRun): void {
    if (!isFinalRun(state) && state !== 'paused') return
    if (!this.#runs.has(id)) return
    this.#library.logger.info({ run: id, kind, state, server: this.#place.server }, isFinalRun(state) ? 'run.ended' : 'run.paused')
    this.left(id)
  }

  /** Nothing of the run is to be done here any more. */
  left(id: number): void {
    const watched = this.#runs.get(id)
    this.#runs.delete(id)
    watched?.span.setAttribute('tenantry.state', watched.run.state)
    watched?.span.end()
  }

  /** The conductor ends, whatever it has in hand. */
  close(): void {
    for (const span of this.#items.values()) endSpan(span, 'interrupted')
    this.#items.clear()
    for (const id of this.#runs.keys()) this.left(id)
  }
}
