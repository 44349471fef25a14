/** Script that a page loads first, in bytes as gzip sends them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { projectRoot } from '../../../lib/root.ts'

export type PageScripts = {
  readonly path: string
  /** What a page without anything on it would load: React, Next's runtime. */
  readonly framework: number
  /** All else that its document names or that it has asked for when it is quiet, prefetched parts of other pages included. */
  readonly own: number
}

const built = join(projectRoot, '.next')
const sizes = new Map<string, number>()

const gzipped = (file: string): number => {
  const known = sizes.get(file) ?? gzipSync(readFileSync(join(built, file))).length
  sizes.set(file, known)
  return known
}

const frameworkFiles = (): ReadonlySet<string> => {
  const manifest: { rootMainFiles: string[]; polyfillFiles: string[] } = JSON.parse(readFileSync(join(built, 'build-manifest.json'), 'utf8'))
  return new Set([...manifest.rootMainFiles, ...manifest.polyfillFiles])
}

export const scriptsOf = async (page: Page, path: string): Promise<PageScripts> => {
  const session = await page.context().newCDPSession(page)
  const files = new Set<string>()
  session.on('Network.requestWillBeSent', ({ request }) => {
    const file = /\/_next\/(static\/.+\.js)(?:\?|$)/.exec(request.url)?.[1]
    if (file !== undefined) files.add(decodeURIComponent(file))
  })
  await session.send('Network.enable')
  await session.send('Network.setCacheDisabled', { cacheDisabled: true })
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.waitForFunction(() => {
    const newest = performance.getEntriesByType('resource').reduce((last, entry) => Math.max(last, 'responseEnd' in entry ? Number(entry.responseEnd) : 0), 0)
    return performance.now() - newest > 1_000
  })
  await session.detach()
  const framework = frameworkFiles()
  const sum = (of: (file: string) => boolean): number => [...files].filter(of).reduce((bytes, file) => bytes + gzipped(file), 0)
  return { path, framework: sum((file) => framework.has(file)), own: sum((file) => !framework.has(file)) }
}
