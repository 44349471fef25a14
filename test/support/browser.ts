/** The browser that comes inside a package, and what tests do with it again and again. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import chromium from '@sparticuz/chromium'
import { chromium as playwright } from 'playwright-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--font-render-hinting=none',
]

export const widths = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const
export type Width = keyof typeof widths
export type Theme = 'light' | 'dark'

export type Visitor = {
  readonly context: BrowserContext
  readonly page: Page
  /** What the page complained about on its console or by uncaught errors, since it was opened. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

export type VisitorOptions = {
  /** Address that paths are relative to. */
  readonly baseUrl: string
  readonly width?: Width
  readonly theme?: Theme
}

let browser: Promise<Browser> | null = null
let visitors = 0

/** One browser for all who are there at a time; one that could not be launched is launched anew for the next. */
const enter = async (): Promise<Browser> => {
  browser ??= chromium.executablePath().then((executablePath) => playwright.launch({ executablePath, args: flags, headless: true }))
  const launched = browser
  try {
    const shared = await launched
    visitors += 1
    return shared
  } catch (error) {
    if (browser === launched) browser = null
    throw error
  }
}

const leave = async (): Promise<void> => {
  visitors -= 1
  if (visitors > 0) return
  const left = browser
  browser = null
  await (await left)?.close()
}

/** A person with cookies, a cache and a storage of their own. */
export const openVisitor = async (options: VisitorOptions): Promise<Visitor> => {
  const shared = await enter()
  const context = await shared
    .newContext({
      baseURL: options.baseUrl,
      viewport: widths[options.width ?? 'wide'],
      colorScheme: options.theme ?? 'light',
      reducedMotion: 'reduce',
      acceptDownloads: true,
    })
    .catch(async (error: unknown) => {
      await leave()
      throw error
    })
  const complaints: string[] = []
  const listen = (page: Page): void => {
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => (message.type() === 'error' ? complaints.push(message.text()) : undefined))
  }
  context.on('page', listen)
  return {
    context,
    page: await context.newPage(),
    complaints,
    close: async () => {
      await context.close()
      await leave()
    },
  }
}

/** How much of the page is hidden below: the page itself never scrolls, its content does. */
const hiddenBelow = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const content = document.getElementById('content') ?? document.documentElement
    return content.scrollHeight - content.clientHeight
  })

const tallest = 4_000

/** Whole-page pictures at both widths, light and dark: `<folder>/<name>-<width>-<theme>.png`. Returns their paths; the page is left wide and light. */
export const takePictures = async (page: Page, folder: string, name: string): Promise<readonly string[]> => {
  const paths: string[] = []
  mkdirSync(folder, { recursive: true })
  for (const theme of ['dark', 'light'] as const) {
    for (const width of ['narrow', 'wide'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await page.setViewportSize(widths[width])
      const height = Math.min(tallest, widths[width].height + (await hiddenBelow(page)))
      await page.setViewportSize({ ...widths[width], height })
      const path = join(folder, `${name}-${width === 'wide' ? 1440 : 390}-${theme}.png`)
      await page.screenshot({ path, animations: 'disabled' })
      paths.push(path)
      await page.setViewportSize(widths[width])
    }
  }
  return paths
}

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** Rules whose verdict may differ between light and dark. */
const colourRules = ['color-contrast', 'link-in-text-block']

/** What axe finds wrong with the page as it stands: one line a violation with its rule, help and places. */
export const findViolations = async (page: Page, rules: 'all' | 'colours' = 'all'): Promise<readonly string[]> => {
  // There are no frames, for which alone the other mode opens a second page each time.
  const axe = new AxeBuilder({ page }).setLegacyMode()
  const { violations } = await (rules === 'all' ? axe.withTags(tags) : axe.withRules(colourRules)).analyze()
  return violations.map((violation) => `${violation.id}: ${violation.help} (${violation.nodes.map((node) => node.target.join(' ')).join('; ')})`)
}
