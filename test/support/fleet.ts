/** A small fleet on real databases, made through the library's own calls, for tests of the engine. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { migrationsDir } from '../../lib/connection.ts'
import {
  isFinalRun,
  itemArrows,
  runArrows,
  type Actor,
  type OnboardRow,
  type RunDetail,
  type RunState,
  type StartRunInput,
  type Tenancy,
} from '../../lib/tenancy/contract/index.ts'
import { startRunInput } from '../../lib/tenancy/contract/commands.ts'
import { createTenancy, isTenancyError, type TenancyConfig } from '../../lib/tenancy/index.ts'
import { testSecret, type Databases } from './template.ts'

export const ada: Actor = { kind: 'person', id: 'p1', label: 'ada@example.com', role: 'admin' }

export type Limits = NonNullable<TenancyConfig['limits']>

/** Bounds in which a test can wait for a lock to be given up, and for a run to fail. */
export const shortLimits: Limits = {
  lockTimeoutMs: 150,
  statementTimeoutMs: 20_000,
  maxTries: 4,
  backoffBaseMs: 40,
  backoffMaxMs: 200,
  unreachableMs: 4_000,
  flushMs: 30,
}

/** A product of two tables. */
export const firstFiles: Readonly<Record<string, string>> = {
  '0001_init.sql': 'create table customer (id bigint generated always as identity primary key, email text not null);\n',
  '0002_orders.sql':
    'create table orders (id bigint generated always as identity primary key, customer_id bigint references customer, total numeric not null default 0);\n',
}

export type FleetOptions = {
  readonly files?: Readonly<Record<string, string>>
  readonly limits?: Limits
  readonly budget?: number
  /** Connection strings of databases for tenants; one new one when not given. */
  readonly urls?: readonly string[]
  readonly controlUrl?: string
}

export type Outcome = { readonly code: string; readonly details: Readonly<Record<string, unknown>> }

/** The refusal's code and details; fails when there was none. */
export const refusalOf = async (act: Promise<unknown>): Promise<Outcome> => {
  try {
    await act
  } catch (error) {
    if (isTenancyError(error)) return { code: error.code, details: error.details }
    throw error
  }
  return { code: 'none', details: {} }
}

const row = (given: string | Partial<OnboardRow>): OnboardRow => ({
  hosts: [],
  labels: {},
  ...(typeof given === 'string' ? { slug: given } : { slug: '', ...given }),
})

export const schemaOf = (slug: string): string => `tenant_${slug.replaceAll('-', '_')}`
export const slugsOf = (count: number, prefix = 't'): string[] => Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(3, '0')}`)

/** Slugs of one test file alone: roles belong to the whole server, which other files share. */
export const ownSlugs = (letter: string): { readonly mark: string; newSlug(name: string): string } => {
  const mark = `${letter}${process.pid}`
  let number = 0
  return {
    mark,
    newSlug: (name) => {
      number += 1
      return `${mark}-${name}-${number}`
    },
  }
}

const waitLimitMs = 55_000
/** Whatever a test sets for the role or the database. */
const ownSettings = {
  search_path: 'tenantry',
  statement_timeout: 60_000,
  idle_in_transaction_session_timeout: 60_000,
  options: '-c default_transaction_read_only=off',
}

export class Fleet {
  readonly tenancy: Tenancy
  readonly controlUrl: string
  readonly urls: readonly string[]
  readonly limits: Limits
  readonly folder = mkdtempSync(join(tmpdir(), 'tenantry-set-'))
  /** The control database, as its tables are. */
  readonly control: postgres.Sql
  /** The first database of the tenants, as its owner sees it. */
  readonly sql: postgres.Sql
  #workers: Array<{ stop(): Promise<void> }> = []
  #others: postgres.Sql[] = []

  constructor(controlUrl: string, urls: readonly string[], limits: Limits) {
    this.controlUrl = controlUrl
    this.urls = urls
    this.limits = limits
    this.tenancy = createTenancy({ controlUrl, secret: testSecret, migrationsDir, limits })
    this.control = postgres(controlUrl, { max: 3, onnotice: () => undefined, connection: ownSettings })
    this.sql = this.open(0)
  }

  /** Another session on one of the tenants' databases. */
  open(index = 0): postgres.Sql {
    const sql = postgres(this.urls[index] ?? '', { max: 2, onnotice: () => undefined })
    this.#others.push(sql)
    return sql
  }

  /** Writes the files into the set's folder as it is read next, and reads it. */
  async sync(files: Readonly<Record<string, string>>, set = 'app'): Promise<void> {
    this.write(files, set)
    await this.tenancy.sets.sync(ada, { name: set, dir: join(this.folder, set), database: 'db1' })
  }

  write(files: Readonly<Record<string, string>>, set = 'app'): void {
    mkdirSync(join(this.folder, set), { recursive: true })
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.folder, set, name), text)
  }

  remove(file: string, set = 'app'): void {
    rmSync(join(this.folder, set, file))
  }

  /** Works on runs in this process until the fleet is closed. */
  async work(): Promise<{ stop(): Promise<void> }> {
    const worker = await this.tenancy.startWorker({ schedules: false })
    this.#workers.push(worker)
    return worker
  }

  async onboard(given: ReadonlyArray<string | Partial<OnboardRow>>, input: { readonly set?: string; readonly to?: string } = {}): Promise<number> {
    const { run } = await this.tenancy.onboarding.start(ada, { set: input.set ?? 'app', tenants: given.map(row), isolation: 'schema', note: '', to: input.to })
    return run
  }

  async start(input: Partial<StartRunInput> = {}): Promise<number> {
    const { run } = await this.tenancy.runs.start(ada, startRunInput.parse({ set: 'app', ...input }))
    return run
  }

  /** Starts a rollout and waits for its end. */
  async roll(input: Partial<StartRunInput> = {}): Promise<RunDetail> {
    return this.ended(await this.start(input))
  }

  async stateOf(run: number): Promise<RunState> {
    const [row] = await this.control<Array<{ state: RunState }>>`select state from run where id = ${run}`
    if (!row) throw new Error(`there is no run ${run}`)
    return row.state
  }

  async until(what: string, isSo: () => Promise<boolean>, limitMs = waitLimitMs): Promise<void> {
    const began = Date.now()
    for (let waited = 0; !(await isSo()); waited = Date.now() - began, await sleep(15 + Math.min(waited / 20, 45)))
      if (waited > limitMs) throw new Error(`waited ${limitMs} ms for: ${what}\n${await this.#describe()}`)
  }

  async #describe(): Promise<string> {
    const runs =
      await this.control`select r.id, r.kind, r.state, r.stop_reason, (select jsonb_object_agg(s, n) from (select i.state as s, count(*) as n from run_item i where i.run_id = r.id group by 1) x) as items from run r order by id desc limit 5`
    const conductors = await this.control`select * from conductor`
    const activity =
      await this.sql`select pid, application_name, state, wait_event_type, wait_event, now() - state_change as since, pg_blocking_pids(pid) as blocked_by, left(query, 120) as query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
    return JSON.stringify({ runs, conductors, activity }, null, 1)
  }

  /** Waits until the run is in one of these states. */
  async reaches(run: number, ...states: readonly RunState[]): Promise<RunDetail> {
    await this.until(`run ${run} to be ${states.join(' or ')}`, async () => states.includes(await this.stateOf(run)))
    return this.tenancy.runs.get(run)
  }

  async ended(run: number, limitMs = waitLimitMs): Promise<RunDetail> {
    await this.until(`the end of run ${run}`, async () => isFinalRun(await this.stateOf(run)), limitMs)
    return this.tenancy.runs.get(run)
  }

  async settledOf(run: number): Promise<number> {
    return (await this.control`select 1 from run_item where run_id = ${run} and state = 'succeeded'`).length
  }

  async verified(run: number): Promise<RunDetail> {
    await this.until(`the reading back of run ${run}`, async () => (await this.tenancy.runs.get(run)).verified !== null)
    return this.tenancy.runs.get(run)
  }

  /** state → slugs */
  async itemsOf(run: number): Promise<Readonly<Record<string, readonly string[]>>> {
    const rows = await this.control<Array<{ state: string; slugs: string[] }>>`
      select i.state, array_agg(t.slug order by t.slug) as slugs from run_item i join tenant t on t.id = i.tenant_id where i.run_id = ${run} group by i.state`
    return Object.fromEntries(rows.map(({ state, slugs }) => [state, slugs]))
  }

  /** Finished versions in a target's history. */
  async versionsOf(slug: string, sql: postgres.Sql = this.sql): Promise<readonly string[]> {
    const rows = await sql<
      Array<{ version: string }>
    >`select version from ${sql(schemaOf(slug))}.tenantry_history where finished_at is not null order by version`
    return rows.map(({ version }) => version)
  }

  async columnsOf(schema: string, table: string): Promise<readonly string[]> {
    const rows = await this.sql<Array<{ name: string }>>`
      select a.attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${schema} and c.relname = ${table} and a.attnum > 0 and not a.attisdropped order by a.attnum`
    return rows.map(({ name }) => name)
  }

  /** Notes from now on how runs and items change their states. */
  async watchStates(): Promise<void> {
    await this.control.unsafe(`
      create table seen_arrow (what text, source text, target text, primary key (what, source, target));
      create function note_arrow() returns trigger language plpgsql as $$ begin
        insert into tenantry.seen_arrow values (tg_table_name, old.state, new.state) on conflict do nothing; return null; end $$;
      create trigger note_arrow after update of state on run for each row when (old.state <> new.state) execute function note_arrow();
      create trigger note_arrow after update of state on run_item for each row when (old.state <> new.state) execute function note_arrow()`)
  }

  /** Changes of state that the contract has no arrow for. */
  async strayArrows(): Promise<readonly string[]> {
    const rows = await this.control<Array<{ what: 'run' | 'run_item'; source: string; target: string }>>`select * from seen_arrow`
    const tables: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string | undefined>>>>>> = { run: runArrows, run_item: itemArrows }
    return rows
      .filter(({ what, source, target }) => tables[what]?.[source]?.[target] === undefined)
      .map(({ what, source, target }) => `${what}: ${source} → ${target}`)
  }

  /** Drops the roles of tenants whose slugs begin so: roles belong to the whole server, which other files share. */
  async dropRoles(prefix: string): Promise<void> {
    for (const { name } of await this.sql<Array<{ name: string }>>`select rolname as name from pg_roles where rolname like ${`${schemaOf(prefix)}%`}`)
      await this.sql.unsafe(`drop owned by "${name}"; drop role "${name}"`).catch(() => {})
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) await worker.stop()
    await this.tenancy.close()
    for (const sql of [this.control, ...this.#others]) await sql.end({ timeout: 2 })
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Databases db1, db2, … and the set `app`; no tenants and no worker yet. The caller closes it. */
export const makeFleet = async (databases: Databases, options: FleetOptions = {}): Promise<Fleet> => {
  const controlUrl = options.controlUrl ?? (await databases.control())
  const urls = options.urls ?? [await databases.empty()]
  const fleet = new Fleet(controlUrl, urls, { ...shortLimits, ...options.limits })
  for (const [index, url] of urls.entries()) await fleet.tenancy.databases.add(ada, { name: `db${index + 1}`, url, budget: options.budget ?? 6 })
  await fleet.sync(options.files ?? firstFiles)
  return fleet
}

export const emptyCounts = { pending: 0, running: 0, succeeded: 0, failed: 0, skipped: 0, interrupted: 0, cancelled: 0 } as const
