/** Tasks of a page's main thread, by the browser's own tracing. */
import type { Page } from 'playwright-core'

export type LongestTask = {
  /** From its start to its end, whatever else the machine did meanwhile. */
  readonly ms: number
  /** Of it, what the thread itself used: the figure that a busy machine does not change. */
  readonly cpuMs: number
  readonly over50: number
}

type TraceEvent = {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly dur?: number
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

const isEvent = (event: object): event is TraceEvent => 'name' in event && 'ph' in event && 'pid' in event && 'tid' in event

const categories = ['disabled-by-default-devtools.timeline', '__metadata']

/** Traces while `work` goes on. */
export const traceTasks = async (page: Page, work: () => Promise<unknown>): Promise<LongestTask> => {
  const session = await page.context().newCDPSession(page)
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }: { value: readonly object[] }) => {
    for (const event of value) if (isEvent(event)) events.push(event)
  })
  const complete = new Promise<void>((resolve) => {
    session.once('Tracing.tracingComplete', () => resolve())
  })
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: categories, recordMode: 'recordUntilFull' } })
  await work()
  await session.send('Tracing.end')
  await complete
  await session.detach()
  return longestOf(events)
}

const longestOf = (events: readonly TraceEvent[]): LongestTask => {
  const mains = new Set(
    events.flatMap(({ ph, name, args, pid, tid }) => (ph === 'M' && name === 'thread_name' && args?.name === 'CrRendererMain' ? [`${pid} ${tid}`] : [])),
  )
  const tasks = events.filter(({ name, ph, pid, tid }) => name === 'RunTask' && ph === 'X' && mains.has(`${pid} ${tid}`))
  if (tasks.length === 0) throw new Error('the browser traced no task of a page')
  const longest = (of: (event: TraceEvent) => number | undefined): number => tasks.reduce((most, event) => Math.max(most, of(event) ?? 0), 0) / 1000
  return { ms: longest(({ dur }) => dur), cpuMs: longest(({ tdur }) => tdur), over50: tasks.filter(({ dur }) => (dur ?? 0) > 50_000).length }
}
