/** What is wrong with a file of tenants is said before anything is sent. */
import { expect, test } from 'vitest'
import { useSignedIn } from '../support/signed-in.ts'

const signedIn = useSignedIn('files', 'admin', '/tenants/new?by=csv')

/** The table of problems of a file, line by line. */
const problemsOf = async (name: string, buffer: Buffer): Promise<readonly string[]> => {
  const { page } = signedIn.visitor
  await page.getByLabel('CSV file of tenants').setInputFiles({ name, mimeType: 'text/csv', buffer })
  await page.getByText(new RegExp(`^${name}: `)).waitFor()
  const rows = await page.getByRole('region', { name: 'What the file holds' }).getByRole('row').allInnerTexts()
  return rows.slice(1).map((row) => row.replaceAll(/\s+/g, ' '))
}

test('taken and reserved slugs are named with their lines, and nothing can be sent', async () => {
  const file = '\uFEFFslug;name\r\nfiles-one;One\r\nbaltic-bakery;Again\r\nadmin;Admin\r\n'
  expect(await problemsOf('some.csv', Buffer.from(file))).toEqual([
    '3 slug “baltic-bakery” is taken; choose another one',
    '4 slug “admin” is a reserved name; choose another one',
  ])
  expect(await signedIn.visitor.page.getByRole('button', { name: /^Onboard \d/ }).count()).toBe(0)
})

test('a file that is not UTF-8 is refused with the line where it shows', async () => {
  expect(await problemsOf('latin.csv', Buffer.from('slug,name\nfiles-one,One\nfiles-two,M\u00fcller\n', 'latin1'))).toEqual([
    '3 – holds a character that is not UTF-8; save the file as UTF-8 (in Excel: “CSV UTF-8”) and take it again',
  ])
})

test('a good file is shown as it was read', async () => {
  const rows = await problemsOf('good.csv', Buffer.from('slug,name\nfiles-one,M\u00fcller\n'))
  expect(rows[0]).toMatch(/^files-one Müller .*tenant_files_one/)
  await signedIn.visitor.page.getByRole('button', { name: 'Onboard 1 tenant' }).waitFor()
})
