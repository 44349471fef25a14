/** The way in, as people take it. */
import type { Page } from 'playwright-core'
import { passwordOfAll } from './people.ts'

/** Fills the sign-in form that stands open and presses Enter. */
export const fillSignIn = async (page: Page, email: string, password: string = passwordOfAll): Promise<void> => {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.keyboard.press('Enter')
}

/** Sets a password at a one-time link and waits for the fleet. */
export const redeem = async (page: Page, link: string, password: string = passwordOfAll): Promise<void> => {
  await page.goto(link)
  await page.getByLabel('New password').fill(password)
  await page.getByRole('button', { name: 'Set password and sign in' }).click()
  await page.waitForURL((url) => url.pathname === '/')
}

/** Signs in and waits for `path`. */
export const signInAs = async (page: Page, email: string, path: string): Promise<void> => {
  await page.goto(path)
  await fillSignIn(page, email)
  await page.waitForURL((url) => `${url.pathname}${url.search}` === path)
}
