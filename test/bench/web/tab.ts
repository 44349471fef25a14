/** Memory of a tab. */
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'

export type TabMemory = {
  /** Bytes of JavaScript that are alive: after a collection. */
  readonly heap: number
  /** Bytes that the process of the tab holds for itself alone; 0 where the system has no /proc. */
  readonly own: number
}

const anonymousOf = (pid: number): number =>
  process.platform === 'linux' ? Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024 : 0

/** Ready to be asked several times; the process of a tab is the renderer that has used the most time when there is a spare one. */
export const tabMemory = async (page: Page): Promise<TabMemory> => {
  const browser = page.context().browser()
  if (!browser) throw new Error('the browser does not say which processes it has')
  const whole = await browser.newBrowserCDPSession()
  const { processInfo } = await whole.send('SystemInfo.getProcessInfo')
  await whole.detach()
  const [tab] = processInfo.filter(({ type }) => type === 'renderer').toSorted((a, b) => b.cpuTime - a.cpuTime)
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return { heap: usedSize, own: tab === undefined ? 0 : anonymousOf(tab.id) }
}
