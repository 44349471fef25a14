/** A report in the packaged browser: from the press of its button until its first row stands on the screen. */
import type { Page } from 'playwright-core'
import { nextFreePort } from '../../../lib/embedded/ports.ts'
import { openVisitor, type Visitor } from '../../support/browser.ts'
import { makePerson } from '../../support/people.ts'
import { signInAs } from '../../support/signing-in.ts'
import { startConsole } from '../../support/start-console.ts'
import { figuresOf } from '../measure.ts'
import { roundsFor } from '../options.ts'
import type { Result } from '../output.ts'
import { secret, untilNobodyDrives } from '../product.ts'
import type { Stage } from '../stage.ts'
import { longQuestion, question } from './report.ts'

const write = async (page: Page, text: string): Promise<void> => {
  await page.goto('/reports/new')
  const editor = page.getByRole('textbox', { name: 'SELECT of the report' })
  // It comes with the first focus.
  await editor.focus()
  await page.locator('.cm-content').waitFor()
  await editor.fill(text)
  await page.getByText('One SELECT that may be asked.').waitFor()
  // Nobody writes a report faster than the page has come.
  await page.waitForLoadState('networkidle')
}

/** Looked at in each frame; the page is one document from the button to the rows. */
const untilFirstRow = async (page: Page): Promise<number> => {
  const begun = performance.now()
  await page.getByRole('button', { name: /^Run on [\d,]+ tenants$/ }).click()
  await page.waitForFunction(() => document.querySelector('[role=grid][aria-label^="Rows of report"] [role=gridcell]') !== null, undefined, { polling: 'raf' })
  return performance.now() - begun
}

const untilEnded = (page: Page): Promise<void> =>
  page
    .getByText(/^All [\d,]+ tenants answered/)
    .first()
    .waitFor({ timeout: 120_000 })

export const screen = async ({ product, server, options, size }: Stage): Promise<Result[]> => {
  const email = `bench-${Date.now()}@example.com`
  await makePerson(product.tenancy, email, 'admin')
  const started = await startConsole({
    DATABASE_URL: server.urlOf('control'),
    TENANTRY_SECRET: secret,
    TENANTRY_WORKER: 'off',
    PORT: String(await nextFreePort(3_970)),
  })
  const results: Result[] = []
  let visitor: Visitor | null = null
  try {
    visitor = await openVisitor({ baseUrl: started.address })
    const { page } = visitor
    await signInAs(page, email, '/reports')
    for (const [name, text] of [
      ['one row a tenant', question],
      ['1,000,000 rows', longQuestion(size)],
    ] as const) {
      const took: number[] = []
      for (let round = 0; round <= roundsFor(options); round += 1) {
        await write(page, text)
        await untilNobodyDrives(product.sql)
        const ms = await untilFirstRow(page)
        await untilEnded(page)
        // Each page is compiled at its first visit.
        if (round > 0) took.push(ms)
      }
      results.push({
        bench: `report on the screen, ${name}: from the button to its first row`,
        size,
        floor: null,
        product: figuresOf(took),
        unit: 'ms',
        bar: 1_000,
      })
    }
    return results
  } finally {
    await visitor?.close()
    await started.end()
  }
}
