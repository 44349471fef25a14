import { Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { xlsxOf } from '../../../lib/report-xlsx.ts'
import type { ReportColumn, ReportRow } from '../../../lib/tenancy/contract/index.ts'

/** The parts of a workbook by name, as its directory at the end tells them. */
const partsOf = (file: Buffer): Readonly<Record<string, string>> => {
  const end = file.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'))
  const parts: Record<string, string> = {}
  let at = file.readUInt32LE(end + 16)
  for (let left = file.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [compressed, nameLength, extra, comment, start] = [
      file.readUInt32LE(at + 20),
      file.readUInt16LE(at + 28),
      file.readUInt16LE(at + 30),
      file.readUInt16LE(at + 32),
      file.readUInt32LE(at + 42),
    ]
    const name = file.toString('utf8', at + 46, at + 46 + nameLength)
    const content = start + 30 + file.readUInt16LE(start + 26) + file.readUInt16LE(start + 28)
    const bytes = file.subarray(content, content + compressed)
    parts[name] = (file.readUInt16LE(at + 10) === 8 ? inflateRawSync(bytes) : bytes).toString('utf8')
    at += 46 + nameLength + extra + comment
  }
  return parts
}

const columnsOf = (...types: readonly string[]): readonly ReportColumn[] => types.map((type, index) => ({ name: `c${index}`, type }))
const written = async (columns: readonly ReportColumn[], pieces: ReadonlyArray<readonly ReportRow[]>, mostRows?: number) =>
  partsOf(await buffer(xlsxOf(columns, pieces, mostRows)))
const cellsOf = (part = ''): readonly string[] => [...part.matchAll(/<c r="[A-Z]+[2-9]\d*".*?<\/c>/gs)].map(([cell]) => cell)
const text = (place: string, value: string): string => `<c r="${place}" t="inlineStr"><is><t xml:space="preserve">${value}</t></is></c>`

test('text is text, whatever a spreadsheet would make of it', async () => {
  const rows = [['=1+1', '@cmd', ' <b> & "x"', 'tab\t nl\n', 'cr\r nul-like\u0001', '_x0041_', '']]
  const { 'xl/worksheets/sheet1.xml': sheet } = await written(columnsOf(...Array.from({ length: 7 }, () => 'text')), [rows])
  expect(cellsOf(sheet)).toEqual([
    text('A2', '=1+1'),
    text('B2', '@cmd'),
    text('C2', ' &lt;b&gt; &amp; &quot;x&quot;'),
    text('D2', 'tab\t nl\n'),
    text('E2', 'cr_x000D_ nul-like_x0001_'),
    text('F2', '_x005F_x0041_'),
    text('G2', ''),
  ])
  expect(sheet).not.toContain('<f>')
})

test('numbers are numbers as far as they are exact, and text beyond', async () => {
  const columns = columnsOf('bigint', 'numeric', 'double precision', 'boolean', 'numeric')
  const rows = [
    ['123456789012345', '-0.10', '1e-05', 't', null],
    ['1234567890123456', '12345678901234567.89', 'Infinity', 'f', 'NaN'],
  ]
  const { 'xl/worksheets/sheet1.xml': sheet } = await written(columns, [rows])
  expect(cellsOf(sheet)).toEqual([
    '<c r="A2"><v>123456789012345</v></c>',
    '<c r="B2"><v>-0.10</v></c>',
    '<c r="C2"><v>1e-05</v></c>',
    '<c r="D2" t="b"><v>1</v></c>',
    text('A3', '1234567890123456'),
    text('B3', '12345678901234567.89'),
    text('C3', 'Infinity'),
    '<c r="D3" t="b"><v>0</v></c>',
    text('E3', 'NaN'),
  ])
})

test('what is beyond a sheet is on the next one, with the names again', async () => {
  const pieces = [[['1'], ['2'], ['3']], [], [['4'], ['5']]]
  const parts = await written(columnsOf('integer'), pieces, 3)
  expect(Object.keys(parts).toSorted()).toEqual([
    '[Content_Types].xml',
    '_rels/.rels',
    'xl/_rels/workbook.xml.rels',
    'xl/workbook.xml',
    'xl/worksheets/sheet1.xml',
    'xl/worksheets/sheet2.xml',
    'xl/worksheets/sheet3.xml',
  ])
  const values = [1, 2, 3].map((number) => [...(parts[`xl/worksheets/sheet${number}.xml`] ?? '').matchAll(/<v>(\d)/g)].map(([, value]) => value))
  expect(values).toEqual([['1', '2'], ['3', '4'], ['5']])
  for (const number of [1, 2, 3]) expect(parts[`xl/worksheets/sheet${number}.xml`]).toContain(text('A1', 'c0'))
  expect(parts['xl/workbook.xml']).toContain('<sheet name="Rows 3" sheetId="3" r:id="rId3"/>')
  // As many rows as a sheet holds need no second one; none at all are a sheet with names.
  expect(Object.keys(await written(columnsOf('integer'), [[['1'], ['2']]], 3))).not.toContain('xl/worksheets/sheet2.xml')
  expect((await written(columnsOf('integer'), []))['xl/worksheets/sheet1.xml']).toMatch(/<row r="1">.*<\/row><\/sheetData>/)
})

test('the 28th column is AB, and a text too long for a cell is cut, which is said', async () => {
  const row = Array.from({ length: 28 }, (_, index) => (index === 27 ? '😀'.repeat(20_000) : null))
  const { 'xl/worksheets/sheet1.xml': sheet = '' } = await written(columnsOf(...row.map(() => 'text')), [[row]])
  const [, value = ''] = /<c r="AB2"[^>]*><is><t[^>]*>([^<]*)/.exec(sheet) ?? []
  expect(value.length).toBeGreaterThan(32_700)
  expect(value.length).toBeLessThanOrEqual(32_767)
  expect(value.isWellFormed()).toBe(true)
  expect(value).toContain('… (40000 characters, of which a cell holds 32767)')
})

test('where rows cannot be read on, the file ends in an error', async () => {
  async function* broken() {
    yield [['1']]
    throw new Error('the rows are gone')
  }
  await expect(buffer(xlsxOf(columnsOf('integer'), broken()))).rejects.toThrow('the rows are gone')
})

test('whoever wants no more of it ends where the rows come from, and a slow reader is waited for', async () => {
  let [given, isEnded] = [0, false]
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  async function* endless() {
    try {
      for (;;) {
        given += 1
        yield Array.from({ length: 500 }, (_, index) => [`${given} ${index} ${Math.random()}`])
      }
    } finally {
      isEnded = true
      resolve()
    }
  }
  let taken = 0
  const few = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      taken += chunk.length
      done(taken > 200_000 ? new Error('enough') : null)
    },
  })
  await expect(pipeline(xlsxOf(columnsOf('text'), endless()), few)).rejects.toThrow('enough')
  await ended
  expect(isEnded).toBe(true)
  // Nothing is piled up for it: 500 rows are some 15 kB of the file.
  expect(given).toBeLessThan(400)
})
