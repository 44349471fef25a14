/** Brings rows of tenants into the control database: what comes meanwhile goes together, by COPY, over one connection. */
import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type postgres from 'postgres'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Control } from '../control/db.ts'
import { controlSchema } from '../control/db.ts'
import { channel, messageText } from '../control/notify.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'
import { reportSchema, tooManyRows } from './place.ts'
import type { Rows } from './read-tenant.ts'

const batchMs = 25
const retryMs = 500
/** Beyond this whoever has more waits. */
const mostBytes = 8 * 2 ** 20

/** Of all tenants of a report together; what they come to beyond ends it. */
export const mostRowsOfAll = 5_000_000

const special = /[\\\n\r\t]/g
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** A database of no encoding, as SQL_ASCII is, sends whatever was put in. @throws report_encoding */
const copyField = (value: Buffer | null, index: number): string => {
  if (value === null) return '\\N'
  if (!isUtf8(value)) throw Object.assign(new Error(`a value of column ${index + 1} is no text in UTF-8`), { code: 'report_encoding' })
  return value.toString('utf8').replace(special, (sign) => escapes[sign] ?? sign)
}

/** Whose rows: an item of a run. */
export type Owner = { readonly run: number; readonly target: number; readonly slug: string }

type Entry = {
  readonly owner: Owner
  readonly text: string
  readonly rows: number
  /** What was collected of it before goes. */
  readonly isUndone: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Who writes: a driver of a server that has been overtaken writes no more. */
export type Driver = { readonly serverId: number; readonly epoch: number }

const collectorClosed = (): Error => Object.assign(new Error('its conductor has ended'), { code: 'CONNECTION_ENDED' })

export class NotDriving extends Error {
  override readonly name = 'LeaseLost'
}

/**
 * Settles with the error of a COPY whose stream was opened already: the driver ends such a stream only when the server has taken all of it, and tells a refusal to
 * nobody but the query, which was answered with the stream.
 */
const refusalOf = (copying: object): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {})
  const own: unknown = Reflect.get(copying, 'reject')
  Reflect.set(copying, 'reject', (error: unknown) => {
    reject(error)
    if (typeof own === 'function') Reflect.apply(own, copying, [error])
  })
  return promise
}

const keyOf = ({ run, target }: Owner): string => `${run}:${target}`

export class Collector {
  readonly #open: () => postgres.Sql
  readonly #driver: Driver
  /** One driver may have several collectors one after the other, and each of them counts its batches from the first. */
  readonly #id = randomUUID()
  #sql: postgres.Sql | null = null
  #queue: Entry[] = []
  #bytes = 0
  #number = 0
  #isWorking = false
  #waiters: Array<() => void> = []
  #isClosed = false
  readonly #promised = new Map<string, Promise<void>[]>()

  readonly #mostRows: number

  constructor(control: Pick<Control, 'connect'>, driver: Driver, mostRows: number = mostRowsOfAll) {
    this.#mostRows = mostRows
    this.#open = control.connect
    this.#driver = driver
  }

  #enter(owner: Owner, text: string, rows: number, isUndone: boolean): void {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // Heard by whoever asks for the end of the item.
    promise.catch(() => {})
    this.#promised.set(keyOf(owner), [...(this.#promised.get(keyOf(owner)) ?? []), promise])
    this.#queue.push({ owner, text, rows, isUndone, resolve, reject })
    this.#bytes += text.length
    if (this.#isWorking) return
    this.#isWorking = true
    void this.#work()
  }

  /** Resolves when there is room for more. @throws report_encoding */
  async add(owner: Owner, rows: Rows): Promise<void> {
    const start = `${owner.target}\t${owner.slug}`
    const lines = rows.map((row) => `${[start, ...row.map(copyField)].join('\t')}\n`)
    if (lines.length > 0) this.#enter(owner, lines.join(''), lines.length, false)
    while (this.#bytes > mostBytes && !this.#isClosed) await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  /** Whether something was added of which nobody has asked the end. */
  holds(owner: Owner): boolean {
    return this.#promised.has(keyOf(owner))
  }

  /** Resolves when all that was added for it has been committed. @throws what kept a part of it from being written */
  async settled(owner: Owner): Promise<void> {
    const promised = this.#promised.get(keyOf(owner)) ?? []
    this.#promised.delete(keyOf(owner))
    const ends = await Promise.allSettled(promised)
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  /** What was ever added for it is taken back. */
  async undo(owner: Owner): Promise<void> {
    await this.settled(owner).catch(() => {})
    this.#enter(owner, '', 0, true)
    await this.settled(owner)
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      await sleep(batchMs)
      const batch = this.#queue
      this.#queue = []
      await this.#bring(batch)
      for (const { text } of batch) this.#bytes -= text.length
      for (const wake of this.#waiters.splice(0)) wake()
    }
    this.#isWorking = false
  }

  /** A row that the control database does not take is its own tenant's failure. */
  async #bring(batch: readonly Entry[]): Promise<void> {
    this.#number += 1
    const error = await this.#tryWrite(batch, this.#number)
    if (error === null) {
      for (const { resolve } of batch) resolve()
      return
    }
    const [only, ...more] = batch
    if (only && (more.length === 0 || error instanceof NotDriving || this.#isClosed)) {
      for (const { reject } of batch) reject(error)
      return
    }
    for (const entry of batch) await this.#bring([entry])
  }

  /** A control database that is away is waited for: only there is known whether the last try has committed. */
  async #tryWrite(batch: readonly Entry[], number: number): Promise<unknown> {
    for (;;) {
      if (this.#isClosed) return collectorClosed()
      try {
        this.#sql ??= this.#open()
        await this.#write(this.#sql, batch, number)
        return null
      } catch (error) {
        // What a COPY that failed has left on its way is not the next one's.
        void this.#sql?.end({ timeout: 0 }).catch(() => {})
        this.#sql = null
        if (this.#isClosed || classify(codeOf(error)) !== 'connection') return error
        await sleep(retryMs)
      }
    }
  }

  async #write(connection: postgres.Sql, batch: readonly Entry[], number: number): Promise<void> {
    const { serverId, epoch } = this.#driver
    await connection.begin(async (sql) => {
      const driving = await sql`select 1 from ${sql(controlSchema)}.conductor where server_id = ${serverId} and epoch = ${epoch} for share`
      if (driving.length === 0) throw new NotDriving(`server ${serverId} has a newer conductor than epoch ${epoch}`)
      for (const [run, entries] of Map.groupBy(batch, ({ owner }) => owner.run)) {
        const schema = sql(reportSchema(run))
        const fresh = await sql`insert into ${schema}.batch (collector, number) values (${this.#id}, ${number}) on conflict do nothing returning 1`
        if (fresh.length > 0) await this.#copy(sql, run, entries)
      }
    })
  }

  async #copy(sql: postgres.TransactionSql, run: number, entries: readonly Entry[]): Promise<void> {
    const schema = sql(reportSchema(run))
    const undone = entries.filter(({ isUndone }) => isUndone).map(({ owner }) => owner.target)
    const gone = undone.length === 0 ? 0 : (await sql`delete from ${schema}.collected where tenantry_target = any(${undone}::bigint[])`).count
    const rows = entries.reduce((sum, entry) => sum + entry.rows, 0)
    if (rows > 0) {
      const copying = sql`copy ${schema}.collected from stdin`
      const refused = refusalOf(copying)
      const into = await copying.writable()
      const pieces = Readable.from(
        entries.map(({ text }) => text),
        { objectMode: false },
      )
      await Promise.race([pipeline(pieces, into), refused])
    }
    if (rows === gone) return
    const [counted] = await sql<
      Array<{ count: string }>
    >`update ${sql(controlSchema)}.report_run set row_count = row_count + ${rows - gone} where run_id = ${run} returning row_count as count`
    if (Number(counted?.count) > this.#mostRows) await this.#stopRun(sql, run)
  }

  async #stopRun(sql: postgres.TransactionSql, run: number): Promise<void> {
    await sql`
      with stopped as (
        update ${sql(controlSchema)}.run set state = 'cancelling', stop_reason = ${tooManyRows}, revision = revision + 1
        where id = ${run} and state in ('running', 'pausing') returning id)
      select pg_notify(${channel}, ${messageText({ topic: 'run', id: run })}), pg_notify(${channel}, ${messageText({ topic: 'runs' })}) from stopped`
  }

  /** What is not written by now is not waited for. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const wake of this.#waiters.splice(0)) wake()
    await this.#sql?.end({ timeout: 1 }).catch(() => {})
  }
}
