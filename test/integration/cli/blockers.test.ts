/** Who blocks an item, from the terminal. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import postgres from 'postgres'
import { afterAll, expect, it } from 'vitest'
import { blockersDocument, stoppedDocument } from '../../../lib/cli/blocker-documents.ts'
import { errorDocument, runDocument } from '../../../lib/cli/documents.ts'
import { commandLine, useSetFolders } from '../../support/command-line.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const folderOf = useSetFolders()
const slug = `acme-${randomBytes(3).toString('hex')}`
const table = `tenant_${slug.replaceAll('-', '_')}.notes`
const opened: postgres.Sql[] = []
let stopWorker = async (): Promise<void> => {}
afterAll(async () => {
  await stopWorker()
  for (const sql of opened) await sql.end({ timeout: 2 })
})

it('shows who is in the way of an item, and ends the session that is named with a reason', async () => {
  const cli = commandLine(await databases.control())
  const url = await databases.empty()
  const files = { '0001_notes.sql': 'create table notes (id bigint primary key);' }
  await cli.run(['databases', 'add', 'app-1', '--url', url])
  await cli.run(['sets', 'sync', 'app', '--dir', folderOf(files)])
  await cli.run(['onboard', slug])
  await cli.run(['sets', 'sync', 'app', '--dir', folderOf({ ...files, '0002_seen.sql': 'alter table notes add column seen boolean;' })])
  const blocker = postgres(url, { max: 1, onnotice: () => undefined, connection: { application_name: 'nightly export' } })
  opened.push(blocker)
  const [row] = await blocker<Array<{ pid: number }>>`select pg_backend_pid() as pid`
  const pid = row?.pid ?? 0
  await blocker.unsafe(`begin; select * from ${table}`)
  const { run } = (await cli.run(['migrate', '--detach', '--json'])).document(runDocument)
  const worker = cli.start(['worker'])
  await once(worker.child, 'spawn')
  stopWorker = async () => {
    worker.child.kill('SIGTERM')
    expect((await worker.ended).code).toBe(0)
  }
  const words = ['runs', 'blockers', String(run.id), slug]

  await expect
    .poll(async () => (await cli.run([...words, '--json'])).document(blockersDocument).blockers.sessions.map((one) => one.pid), { timeout: 30_000 })
    .toEqual([pid])
  await expect.poll(async () => (await cli.run(words)).stdout, { timeout: 20_000 }).toContain('nightly export')

  const wordless = await cli.run([...words, '--terminate', String(pid), '--json'])
  expect([wordless.code, wordless.document(errorDocument).error.code]).toEqual([2, 'input.invalid'])
  const wrong = await cli.run([...words, '--terminate', '1', '--reason', 'by mistake', '--json'])
  expect([wrong.code, wrong.document(errorDocument).error.code]).toEqual([2, 'session.not_blocking'])
  const ended = await cli.run([...words, '--terminate', String(pid), '--reason', 'the release has to go on', '--json'])
  expect([ended.code, ended.document(stoppedDocument).stopped]).toEqual([
    0,
    { run: run.id, tenant: slug, pid, how: 'terminate', application: 'nightly export' },
  ])

  const watched = await cli.run(['runs', 'watch', String(run.id), '--json'])
  expect([watched.code, watched.document(runDocument).run.state]).toEqual([0, 'succeeded'])
})
