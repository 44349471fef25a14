/** Brings rows of tenants into the control database: what comes meanwhile goes together, by COPY, over one connection. */
import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Control } from '../control/db.ts'
import { controlSchema } from '../control/db.ts'
import { channel, messageText } from '../control/notify.ts'
import type { Writer } from '../control/writer.ts'
import { quoteIdent } from '../sql/ident.ts'
import { classify, codeOf, sqlstate } from '../sql/sqlstate.ts'
import { reportSchema, tooManyRows } from './place.ts'
import type { Rows } from './read-tenant.ts'
import { Room } from './room.ts'

/** What comes after a while of nothing goes soon, for whoever looks. */
const firstMs = 25
/** Of more that comes, more goes together: a batch costs as much as the rows of many tenants. */
const moreMs = 75
/** So much goes at once. */
const enoughBytes = 2 ** 20
const rowDigits = 9
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
  /** Of the room that it takes. */
  readonly bytes: number
  /** What was collected of it before goes. */
  readonly isUndone: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Who writes: a driver of a server that has been overtaken writes no more. */
export type Driver = { readonly serverId: number; readonly epoch: number }

const waitedInVain: ReadonlySet<string> = new Set([sqlstate.lockNotAvailable, sqlstate.queryCanceled, sqlstate.deadlock])

const collectorClosed = (): Error => Object.assign(new Error('its conductor has ended'), { code: 'CONNECTION_ENDED' })

export class NotDriving extends Error {
  override readonly name = 'LeaseLost'
}

const control = quoteIdent(controlSchema)
const placeOf = (run: number): string => quoteIdent(reportSchema(run))

const keyOf = ({ run, target }: Owner): string => `${run}:${target}`

export class Collector {
  readonly #open: () => Promise<Writer>
  readonly #driver: Driver
  /** One driver may have several collectors one after the other, and each of them counts its batches from the first. */
  readonly #id = randomUUID()
  #writer: Writer | null = null
  #queue: Entry[] = []
  #queuedBytes = 0
  readonly #room = new Room(mostBytes)
  #number = 0
  /** Rows of one tenant come by one collector, in order. */
  #row = 0
  #isWorking = false
  #isHurried = false
  #goOn = (): void => {}
  #isClosed = false
  readonly #promised = new Map<string, Promise<void>[]>()

  readonly #mostRows: number

  constructor(control: Pick<Control, 'connectWriter'>, driver: Driver, mostRows: number = mostRowsOfAll) {
    this.#mostRows = mostRows
    this.#open = control.connectWriter
    this.#driver = driver
  }

  #enter({ owner, ...entry }: Omit<Entry, 'resolve' | 'reject'>): void {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // Heard by whoever asks for the end of the item.
    promise.catch(() => {})
    this.#promised.set(keyOf(owner), [...(this.#promised.get(keyOf(owner)) ?? []), promise])
    this.#queue.push({ owner, ...entry, resolve, reject })
    this.#queuedBytes += entry.bytes
    if (this.#queuedBytes >= enoughBytes) this.#goOn()
    if (this.#isWorking) return
    this.#isWorking = true
    void this.#work()
  }

  /** Resolves when they are taken: once there was room for them, and before that no text is made of them. @throws report_encoding, and when nobody wants them any more */
  async add(owner: Owner, rows: Rows): Promise<void> {
    if (rows.length === 0) return
    const start = `${owner.target}\t${owner.slug}`
    const bytes = rows.reduce((sum, row) => sum + row.reduce((length, value) => length + (value?.length ?? 2) + 1, start.length + rowDigits), 0)
    let unreadable: unknown = null
    const bring = (): void => {
      try {
        const text = rows.map((row) => `${[start, String((this.#row += 1)), ...row.map(copyField)].join('\t')}\n`).join('')
        this.#enter({ owner, text, rows: rows.length, bytes, isUndone: false })
      } catch (error) {
        unreadable = error
      }
    }
    if (!(await this.#room.enter(keyOf(owner), bytes, bring))) throw collectorClosed()
    if (unreadable === null) return
    this.#room.leave(bytes)
    throw unreadable
  }

  /** Whether something was added of which nobody has asked the end. */
  holds(owner: Owner): boolean {
    return this.#promised.has(keyOf(owner)) || this.#room.isWaiting(keyOf(owner))
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
    this.#room.callOff(keyOf(owner))
    await this.settled(owner).catch(() => {})
    this.#enter({ owner, text: '', rows: 0, bytes: 0, isUndone: true })
    await this.settled(owner)
  }

  /** Nothing more comes before what was added is written. */
  hurry(): void {
    if (!this.#isWorking) return
    this.#isHurried = true
    this.#goOn()
  }

  async #untilDue(ms: number): Promise<void> {
    if (this.#isHurried || this.#queuedBytes >= enoughBytes) return
    const stop = new AbortController()
    this.#goOn = () => stop.abort()
    await sleep(ms, undefined, { signal: stop.signal }).catch(() => {})
  }

  async #work(): Promise<void> {
    for (let waitMs = firstMs; this.#queue.length > 0; waitMs = moreMs) {
      await this.#untilDue(waitMs)
      const batch = this.#queue
      this.#queue = []
      this.#queuedBytes = 0
      this.#isHurried = false
      await this.#bring(batch)
      this.#room.leave(batch.reduce((sum, { bytes }) => sum + bytes, 0))
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
    let isUnknown = false
    for (;;) {
      if (this.#isClosed) return collectorClosed()
      try {
        this.#writer ??= await this.#open()
        await this.#write(this.#writer, batch, number)
        return null
      } catch (error) {
        // Its transaction is open, or nobody knows where it stands.
        this.#writer?.end()
        this.#writer = null
        const isLost = classify(codeOf(error)) === 'connection'
        // A commit without an answer may be under way still, and is what the next try waits for: under any other number its rows would come twice.
        if (this.#isClosed || (!isLost && !(isUnknown && waitedInVain.has(codeOf(error))))) return error
        isUnknown = true
        await sleep(retryMs)
      }
    }
  }

  /** That it may still write is asked last: from then on a takeover waits for it, and before that it would wait for long. */
  async #write(writer: Writer, batch: readonly Entry[], number: number): Promise<void> {
    const { serverId, epoch } = this.#driver
    await writer.query('BEGIN')
    for (const [run, entries] of Map.groupBy(batch, ({ owner }) => owner.run)) {
      const fresh = await writer.query(`insert into ${placeOf(run)}.batch (collector, number) values ($1, $2) on conflict do nothing returning 1`, [
        this.#id,
        number,
      ])
      if (fresh.length > 0) await this.#copy(writer, run, entries)
    }
    const driving = await writer.query(`select 1 from ${control}.conductor where server_id = $1 and epoch = $2 for share`, [serverId, epoch])
    if (driving.length === 0) throw new NotDriving(`server ${serverId} has a newer conductor than epoch ${epoch}`)
    await writer.query('COMMIT')
  }

  async #copy(writer: Writer, run: number, entries: readonly Entry[]): Promise<void> {
    const undone = entries.filter(({ isUndone }) => isUndone).map(({ owner }) => owner.target)
    const gone =
      undone.length === 0
        ? 0
        : (await writer.query(`delete from ${placeOf(run)}.collected where tenantry_target = any($1::bigint[]) returning 1`, [undone])).length
    const rows = entries.reduce((sum, entry) => sum + entry.rows, 0)
    if (rows > 0)
      await writer.copy(
        `copy ${placeOf(run)}.collected from stdin`,
        entries.map(({ text }) => text),
      )
    if (rows === gone) return
    const [counted] = await writer.query<{ count: string }>(
      `update ${control}.report_run set row_count = row_count + $1 where run_id = $2 returning row_count as count`,
      [rows - gone, run],
    )
    if (Number(counted?.count) > this.#mostRows) await this.#stopRun(writer, run)
  }

  async #stopRun(writer: Writer, run: number): Promise<void> {
    await writer.query(
      `with stopped as (
        update ${control}.run set state = 'cancelling', stop_reason = $1, revision = revision + 1 where id = $2 and state in ('running', 'pausing') returning id)
      select pg_notify($3, $4), pg_notify($3, $5) from stopped`,
      [tooManyRows, run, channel, messageText({ topic: 'run', id: run }), messageText({ topic: 'runs' })],
    )
  }

  /** What is not written by now is not waited for. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#room.close()
    this.#writer?.end()
  }
}
