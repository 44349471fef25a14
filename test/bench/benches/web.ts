/** The console at 10,000 targets, in the packaged browser: script of each first load, longest tasks, memory of a tab, and what watchers cost the server. */
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { systemActor } from '../../../lib/tenancy/contract/permissions.ts'
import { savedReportContent } from '../../../lib/tenancy/contract/saved-reports.ts'
import { openVisitor } from '../../support/browser.ts'
import { figuresOf } from '../measure.ts'
import type { Options } from '../options.ts'
import type { Result } from '../output.ts'
import { setName } from '../product.ts'
import type { BenchServer } from '../server.ts'
import { startFeed, touchObservations, type Feed } from '../web/feed.ts'
import { scriptsOf } from '../web/scripts.ts'
import { openWebStage, type WebStage } from '../web/stage.ts'
import { tabMemory, type TabMemory } from '../web/tab.ts'
import { traceTasks, type LongestTask } from '../web/tasks.ts'
import { cpuSeconds, openWatcher } from '../web/watchers.ts'

const size = 10_000
/** Items a second: what a rollout of 10,000 targets of the bench fleet does with a budget of 8. */
const pace = 600
const watchers = 50
const kB = 1_000
const MB = 1_000_000

const say = (line: string): void => console.error(line)

const alone = (bench: string, values: readonly number[], unit: Result['unit'], bar: number | null, note?: string): Result => ({
  bench,
  size,
  floor: null,
  product: figuresOf(values),
  unit,
  bar,
  ...(note === undefined ? {} : { note }),
})

const pages = [
  '/',
  '/tenants',
  '/tenants/new',
  '/tenants/new?by=csv',
  '/tenants/tenant-00001',
  '/migrations',
  `/migrations/${setName}`,
  `/migrations/${setName}?version=0006`,
  `/migrations/${setName}/rollout`,
  '/runs',
  '/runs/1',
  '/runs/1?tab=items',
  '/databases',
  '/people',
  '/audit',
  '/reports',
  '/reports/new',
  '/reports/1',
  '/account',
] as const

const firstLoads = async (stage: WebStage): Promise<Result[]> => {
  const results: Result[] = []
  await stage.tenancy.reports.saved.create(
    systemActor,
    savedReportContent.parse({ name: 'Orders', set: setName, sql: 'select count(*) as orders from orders' }),
  )
  const look = async (page: Page, path: string): Promise<void> => {
    const { own, framework } = await scriptsOf(page, path)
    results.push(alone(`script of ${path}`, [own / kB], 'kB', 200, `beside ${Math.round(framework / kB)} kB of the framework`))
  }
  const stranger = await openVisitor({ baseUrl: stage.address })
  await look(stranger.page, '/sign-in')
  await stranger.close()
  const visitor = await stage.visit()
  for (const path of pages) await look(visitor.page, path)
  await visitor.close()
  return results
}

/**
 * What the page's thread itself used for its longest task: on a machine that does other work a task of 5 ms can stand for 200 by the clock. The bar is for
 * what goes on while somebody works; how long a page takes to come is told beside it.
 */
const taskResult = (bench: string, tasks: readonly LongestTask[], bar: number | null = 50): Result => {
  const clock = tasks.map(({ ms }) => ms.toFixed(0)).join(', ')
  const over = tasks.reduce((sum, { over50 }) => sum + over50, 0)
  return alone(
    `longest task: ${bench}`,
    tasks.map(({ cpuMs }) => cpuMs),
    'ms',
    bar,
    `${clock} ms by the clock; ${over} over 50 ms of it, on a machine of load ${(loadavg()[0] ?? 0).toFixed(0)}`,
  )
}

/** Top to bottom and back, as a wheel does: a step a frame. */
const scroll = (page: Page, selector: string): Promise<void> =>
  page.evaluate(async (wanted) => {
    const box = document.querySelector(wanted)
    if (!box) throw new Error(`nothing scrolls here: ${wanted}`)
    const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))
    const step = Math.max(120, box.scrollHeight / 240)
    for (let top = 0; top < box.scrollHeight; top += step) {
      box.scrollTop = top
      await frame()
    }
    for (let top = box.scrollHeight; top > 0; top -= step) {
      box.scrollTop = top
      await frame()
    }
    box.scrollTop = 0
  }, selector)

const scroller = '#content'
const tableScroller = 'div:has(> [role=grid])'

const rounds = 3

const repeated = async (work: () => Promise<LongestTask>): Promise<LongestTask[]> => {
  const tasks: LongestTask[] = []
  for (let round = 0; round < rounds; round += 1) tasks.push(await work())
  return tasks
}

const openAt = async (page: Page, path: string): Promise<void> => {
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.waitForLoadState('networkidle').catch(() => undefined)
  await sleep(500)
}

/** The fleet's page and the tenants' while rounds of observation change a twentieth of the fleet each second. */
const observedPage = async (stage: WebStage, name: string, path: string, box: string): Promise<Result[]> => {
  const visitor = await stage.visit()
  const { page } = visitor
  const load = await repeated(() => traceTasks(page, () => openAt(page, path)))
  const scrolled = await repeated(() => traceTasks(page, () => scroll(page, box)))
  const updated = await repeated(() =>
    traceTasks(page, async () => {
      for (let round = 0; round < 6; round += 1) {
        await touchObservations(stage, round)
        await sleep(1_000)
      }
    }),
  )
  await visitor.close()
  return [taskResult(`${name}, load`, load, null), taskResult(`${name}, scroll`, scrolled), taskResult(`${name}, updates`, updated)]
}

const until = async (feed: Feed, share: number): Promise<void> => {
  // Ends as well, and says why, when nothing more will settle.
  while (feed.settled() < feed.targets * share) await Promise.race([sleep(50), feed.done])
}

const memoryOf = (name: string, all: readonly TabMemory[], bar: number | null): Result[] => [
  alone(
    `${name}, JavaScript alive`,
    all.map(({ heap }) => heap / MB),
    'MB',
    bar,
    all.map(({ heap }) => (heap / MB).toFixed(0)).join(', '),
  ),
  alone(`${name}, own memory of its process`, [Math.max(...all.map(({ own }) => own / MB))], 'MB', bar, all.map(({ own }) => (own / MB).toFixed(0)).join(', ')),
]

/** Somebody watches the whole of a run, with the map and the targets' table in front, and scrolls through it in between. */
const watchedRun = async (stage: WebStage): Promise<Result[]> => {
  const visitor = await stage.visit()
  const { page } = visitor
  const feed = await startFeed(stage, pace)
  const memory: TabMemory[] = []
  const load = await traceTasks(page, () => openAt(page, `/runs/${feed.run}?tab=items`))
  memory.push(await tabMemory(page))
  const updates = await traceTasks(page, () => until(feed, 0.4))
  memory.push(await tabMemory(page))
  const scrolled = await traceTasks(page, () => scroll(page, scroller))
  const took = await feed.done
  await page
    .getByText(/succeeded, \d+ failed\.$/)
    .first()
    .waitFor()
  await sleep(2_000)
  memory.push(await tabMemory(page))
  await visitor.close()
  const note = `${Math.round(feed.targets / (took / 1000))} items/s`
  return [
    taskResult(`run map and targets, load (${note})`, [load], null),
    taskResult('run map and targets, updates', [updates]),
    taskResult('run map and targets, scroll while it runs', [scrolled]),
    ...memoryOf('tab of a run of 10,000', memory, 150),
  ]
}

/** Cores of the web process from a tenth of the run to nine tenths of it. */
const coresOf = async (stage: WebStage, feed: Feed): Promise<number> => {
  await until(feed, 0.1)
  const begun = performance.now()
  const before = cpuSeconds(stage.pid)
  await until(feed, 0.9)
  return ((cpuSeconds(stage.pid) - before) * 1000) / (performance.now() - begun)
}

const watched = async (stage: WebStage, cookie: string, count: number, rows: { readonly everyMs: number } | null): Promise<{ cores: number; note: string }> => {
  const feed = await startFeed(stage, pace)
  const open = await Promise.all(Array.from({ length: count }, () => openWatcher(stage.address, cookie, feed.run, rows)))
  const cores = await coresOf(stage, feed)
  const took = await feed.done
  const messages = open.reduce((sum, watcher) => sum + watcher.messages(), 0)
  const bytes = open.reduce((sum, watcher) => sum + watcher.bytes(), 0)
  for (const watcher of open) watcher.close()
  const each =
    count === 0 ? '' : `; ${(messages / count / (took / 1000)).toFixed(1)} messages/s and ${Math.round(bytes / count / (took / 1000) / kB)} kB/s each`
  return { cores, note: `${Math.round(feed.targets / (took / 1000))} items/s${each}` }
}

const serverCost = async (stage: WebStage): Promise<Result[]> => {
  const visitor = await stage.visit()
  const cookie = (await visitor.context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
  await visitor.close()
  const results: Result[] = []
  const cases = [
    ['nobody watches', 0, null],
    [`${watchers} watch, both streams`, watchers, null],
    [`${watchers} watch and read rows each 1.2 s`, watchers, { everyMs: 1_200 }],
  ] as const
  for (const [name, count, rows] of cases) {
    const { cores, note } = await watched(stage, cookie, count, rows)
    results.push(alone(`cores of the web process, ${name}`, [cores], 'cores', count === 0 ? null : 0.5, note))
  }
  return results
}

export const web = async (server: BenchServer, options: Options): Promise<Result[]> => {
  const stage = await openWebStage(server, options.connections)
  const results: Result[] = []
  const parts = [
    ['script of first loads', () => firstLoads(stage)],
    ['fleet map', () => observedPage(stage, 'fleet map', '/', scroller)],
    ['tenants table', () => observedPage(stage, 'tenants table', '/tenants', tableScroller)],
    ['a run watched', () => watchedRun(stage)],
    ['watchers', () => serverCost(stage)],
  ] as const
  try {
    for (const [name, part] of parts) {
      say(`web: ${name}`)
      results.push(...(await part()))
    }
  } finally {
    await stage.close()
  }
  return results
}
