/** Runs from the terminal: left behind, paused by their tolerance, paused and cancelled by people, taken up again. */
import { randomBytes } from 'node:crypto'
import { on } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorDocument, runDocument, runListDocument, statusDocument } from '../../../lib/cli/documents.ts'
import type { RunDocument } from '../../../lib/cli/documents.ts'
import { commandLine, useSetFolders } from '../../support/command-line.ts'
import type { CommandLine, Started } from '../../support/command-line.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const folderOf = useSetFolders()
const mark = randomBytes(3).toString('hex')
const slugs = Array.from({ length: 12 }, (_, index) => `t${String(index).padStart(2, '0')}-${mark}`)
const schemaOf = (slug: string): string => `tenant_${slug.replaceAll('-', '_')}`

let cli: CommandLine
let dir: string
let sql: postgres.Sql

beforeAll(async () => {
  cli = commandLine(await databases.control())
  const fleetUrl = await databases.empty()
  sql = postgres(fleetUrl, { max: 2, onnotice: () => undefined })
  dir = folderOf({ '0001_notes.sql': 'create table notes (id bigint primary key, length integer not null default 1);' })
  await cli.run(['databases', 'add', 'app-1', '--url', fleetUrl])
  await cli.run(['sets', 'sync', 'app', '--dir', dir])
  await cli.run(['onboard', ...slugs])
})
afterAll(() => sql.end())

const release = async (file: string, text: string): Promise<void> => {
  writeFileSync(join(dir, file), text)
  await cli.run(['sets', 'sync', 'app'])
}

const waitsForRuns = async ({ child }: Started): Promise<void> => {
  if (!child.stderr) throw new Error('the worker has no stderr')
  for await (const [chunk] of on(child.stderr, 'data')) if (String(chunk).includes('waits for runs')) return
}

const show = async (run: number): Promise<RunDocument> => (await cli.run(['runs', 'show', String(run), '--json'])).document(runDocument).run
const newest = async (): Promise<number> => (await cli.run(['runs', 'list', '--limit', '1', '--json'])).document(runListDocument).runs[0]?.id ?? 0

/** How often each tenant's history holds the version; the table's key makes more than once impossible, and less is what counts here. */
const applied = async (version: string): Promise<number> => {
  const rows = await sql.unsafe<Array<{ found: string }>>(
    slugs.map((slug) => `select count(*) as found from ${schemaOf(slug)}.tenantry_history where version = '${version}'`).join(' union all '),
  )
  return rows.reduce((sum, { found }) => sum + Number(found), 0)
}

describe('Ctrl-C on a rollout', () => {
  it('gives the terminal back, says what becomes of the run, and a worker finishes it', async () => {
    await release('0002_slow.sql', 'select pg_sleep(0.6); alter table notes add column title text;')
    const { child, ended } = cli.start(['migrate', '--max-concurrent', '1', '--json'])
    while ((await applied('0002')) < 2) await sleep(50)
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    const { run } = runDocument.parse(JSON.parse(stdout))
    expect([code, run.counts.failed, stderr]).toEqual([130, 0, ''])
    expect(run.counts.succeeded).toBeGreaterThan(0)
    expect(run.counts.succeeded).toBeLessThan(slugs.length)

    const worker = cli.start(['worker', '--name', 'night shift'])
    const watched = await cli.run(['runs', 'watch', String(run.id), '--json'])
    expect([watched.code, watched.document(runDocument).run.counts.succeeded]).toEqual([0, slugs.length])
    expect(await applied('0002')).toBe(slugs.length)
    worker.child.kill('SIGTERM')
    const stopped = await worker.ended
    expect([stopped.code, stopped.stderr]).toEqual([0, expect.stringContaining('night shift')])
  })
})

describe('--detach', () => {
  it('returns at once, and the run waits for a worker until somebody pauses, resumes or cancels it', async () => {
    await release('0003_pinned.sql', 'alter table notes add column pinned boolean not null default false;')
    const started = await cli.run(['migrate', '--detach', '--json'])
    const { run } = started.document(runDocument)
    expect([started.code, run.state, run.counts.pending]).toEqual([0, 'queued', slugs.length])

    const busy = await cli.run(['migrate', '--json'])
    expect([busy.code, busy.document(errorDocument).error.code]).toEqual([2, 'run.targets_busy'])

    const paused = await cli.run(['runs', 'pause', String(run.id), '--json'])
    expect([paused.code, paused.document(runDocument).run.state]).toEqual([0, 'paused'])
    const watched = await cli.run(['runs', 'watch', String(run.id)])
    expect([watched.code, watched.stdout]).toEqual([1, expect.stringContaining(`tenantry runs resume ${run.id}`)])
    const again = await cli.run(['runs', 'pause', String(run.id), '--json'])
    expect([again.code, again.document(errorDocument).error.code]).toEqual([2, 'run.state_conflict'])

    const resumed = await cli.run(['runs', 'resume', String(run.id), '--detach', '--json'])
    expect([resumed.code, resumed.document(runDocument).run.state]).toEqual([0, 'queued'])
    const cancelled = await cli.run(['runs', 'cancel', String(run.id), '--json'])
    expect([cancelled.code, cancelled.document(runDocument).run.state]).toEqual([0, 'cancelled'])
    expect(await applied('0003')).toBe(0)
  })

  it('a cancelled run can be run again', async () => {
    const rerun = await cli.run(['runs', 'rerun', String(await newest()), '--note', 'after all', '--json'])
    expect([rerun.code, rerun.document(runDocument).run.counts.succeeded]).toEqual([0, slugs.length])
  })
})

describe('a failure tolerance', () => {
  const wrong = slugs.slice(0, 4)

  it('pauses the run by itself, ends the wait with 1 and says how to go on', async () => {
    for (const slug of wrong) await sql.unsafe(`insert into ${schemaOf(slug)}.notes (id, length) values (1, -1)`)
    await release('0004_length.sql', 'alter table notes add constraint notes_length check (length > 0);')
    const stopped = await cli.run(['migrate', '--max-concurrent', '1', '--failure-tolerance', '1'])
    expect(stopped.code).toBe(1)
    expect(stopped.stdout).toContain('paused by itself')
    const run = await show(await newest())
    expect(run).toMatchObject({ state: 'paused', stopReason: 'failure_tolerance' })
    expect(run.counts.failed).toBeGreaterThanOrEqual(2)
    expect(run.counts.pending).toBeGreaterThan(0)
    for (const command of ['resume', 'retry', 'cancel']) expect(stopped.stdout).toContain(`runs ${command} ${run.id}`)
  })

  it('retry goes on with the failed and the rest once the rows are mended', async () => {
    for (const slug of wrong) await sql.unsafe(`update ${schemaOf(slug)}.notes set length = 1`)
    const retried = await cli.run(['runs', 'retry', String(await newest()), '--json'])
    expect(retried.code).toBe(0)
    expect(retried.document(runDocument).run).toMatchObject({ state: 'succeeded', counts: { succeeded: slugs.length, failed: 0 } })
    const { targets } = (await cli.run(['status', '--check', '--json'])).document(statusDocument)
    expect(targets.map(({ version }) => version)).toEqual(slugs.map(() => '0004'))
  })
})

describe('a run that another process works on', () => {
  it('is said by a command that works on its targets too, and is watched without taking part', async () => {
    await release('0005_slow.sql', 'select pg_sleep(0.1); alter table notes add column seen boolean;')
    const { run } = (await cli.run(['migrate', '--detach', '--max-concurrent', '2', '--json'])).document(runDocument)
    const onboarded = await cli.run(['onboard', `late-${mark}`])
    expect([onboarded.code, onboarded.stderr.split('\n')[0]]).toEqual([
      0,
      `Run ${run.id} is under way as well, with 12 targets to go. Until run ${run.id + 1} has ended, this process works on those too where no worker does.`,
    ])
    const worker = cli.start(['worker'])
    // The command before may have done all of it; a worker is told to stop once it waits to be.
    const [watched] = await Promise.all([cli.run(['runs', 'watch', String(run.id), '--json']), waitsForRuns(worker)])
    expect([watched.code, watched.document(runDocument).run.counts.succeeded]).toEqual([0, slugs.length])
    worker.child.kill('SIGTERM')
    expect((await worker.ended).code).toBe(0)
  })
})
