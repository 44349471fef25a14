/** What `--keep` takes for a fleet, and what it leaves alone. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openKept } from '../../bench/kept.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenantry-kept-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('a new folder, and an empty one, is to be built in; what was kept there is found again', () => {
  mkdirSync(join(folder, '100'))
  for (const size of [50, 100]) {
    const first = openKept(folder, size)
    expect(first).toMatchObject({ dir: join(folder, String(size)), isBuilt: false })
    first.keep()
    expect(openKept(folder, size)).toMatchObject({ dir: first.dir, isBuilt: true })
  }
})

it('a fleet that was not built to its end is refused', () => {
  openKept(folder, 50)
  expect(() => openKept(folder, 50)).toThrow(/50 holds a fleet whose building was interrupted\. Remove the folder/)
})

it('a folder of anything else is refused, and nothing is written there', () => {
  mkdirSync(join(folder, '50'))
  writeFileSync(join(folder, '50', 'letters.txt'), 'dear')
  expect(() => openKept(folder, 50)).toThrow(/holds something else than a fleet of the bench/)
  expect(readdirSync(join(folder, '50'))).toEqual(['letters.txt'])
})

it('a fleet of another size or of other migrations is refused', () => {
  openKept(folder, 50).keep()
  const file = join(folder, '50', 'bench-fleet.json')
  const mark = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, unknown>>
  writeFileSync(file, JSON.stringify({ ...mark, migrations: 'others' }))
  expect(() => openKept(folder, 50)).toThrow(/holds a fleet of other migrations/)
  writeFileSync(file, JSON.stringify({ ...mark, size: 70 }))
  expect(() => openKept(folder, 50)).toThrow(/holds a fleet of 70 targets/)
})

it('one on which a server runs is refused, by its process', async () => {
  openKept(folder, 50).keep()
  const cluster = join(folder, '50', 'postgres-15')
  mkdirSync(cluster)
  // A process that names the folder, as the server does, and says that it is there.
  const standIn = spawn(process.execPath, ['-e', 'console.log(1); process.stdin.resume()', cluster], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(standIn.stdout, 'data')
  writeFileSync(join(folder, '50', 'postgres.json'), JSON.stringify({ cluster, port: 1, pid: standIn.pid }))
  writeFileSync(join(cluster, 'postmaster.pid'), `${standIn.pid}\n`)
  expect(() => openKept(folder, 50)).toThrow(`is in use: a PostgreSQL server runs there, process ${standIn.pid}`)
  standIn.stdin.end()
  await once(standIn, 'exit')
  expect(openKept(folder, 50).isBuilt).toBe(true)
})
