/** A report's rows as a workbook, written as they come: nothing of it is held but the piece in hand. */
import { PassThrough, Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { isNumberColumn } from './report-texts.ts'
import type { ReportColumn, ReportRow } from './tenancy/contract/index.ts'

type Pieces = AsyncIterable<readonly ReportRow[]> | Iterable<readonly ReportRow[]>

/** What the format holds on one sheet, with the row of names. */
const mostSheetRows = 1_048_576
/** What it holds in one cell. */
const mostCellText = 32_767
/** Spreadsheets reckon with no more. */
const mostDigits = 15

const plainNumber = /^-?(\d+)(?:\.(\d+))?(?:e[+-]?\d{1,2})?$/i
const fits = (value: string): boolean => {
  const [, whole = '', fraction = ''] = plainNumber.exec(value) ?? []
  return whole !== '' && `${whole}${fraction}`.replace(/^0+/, '').length <= mostDigits
}

/** What XML cannot hold is told as spreadsheets do it, and what looks so by itself is kept from being read so. */
const unwritable = /[\p{Cc}\uFFFE\uFFFF]|_(?=x[0-9A-Fa-f]{4}_)/gu
const told = (sign: string): string => (sign === '\t' || sign === '\n' ? sign : `_x${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replaceAll(unwritable, told).replaceAll(/[&<>"]/g, (sign) => entities[sign] ?? sign)

/** No half of a pair is left at the cut. */
const cut = (text: string): string => {
  if (text.length <= mostCellText) return text
  const mark = `… (${text.length} characters, of which a cell holds ${mostCellText})`
  return `${text.slice(0, mostCellText - mark.length).replace(/[\uD800-\uDBFF]$/, '')}${mark}`
}

const letters = (index: number): string => `${index < 26 ? '' : letters(Math.floor(index / 26) - 1)}${String.fromCharCode(65 + (index % 26))}`

type Cell = (value: string, place: string) => string

/** Never a formula: that would be an element of its own. */
const textCell: Cell = (value, place) => `<c r="${place}" t="inlineStr"><is><t xml:space="preserve">${escaped(cut(value))}</t></is></c>`
const numberCell: Cell = (value, place) => (fits(value) ? `<c r="${place}"><v>${value}</v></c>` : textCell(value, place))
const truthCell: Cell = (value, place) => `<c r="${place}" t="b"><v>${value === 't' ? 1 : 0}</v></c>`

const cellOf = (column: ReportColumn): Cell => {
  if (isNumberColumn(column)) return numberCell
  return column.type === 'boolean' ? truthCell : textCell
}

const begin =
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
const end = '</sheetData></worksheet>'

/** Hands on rows, as many as are wanted. */
class Source {
  readonly #pieces: AsyncIterator<readonly ReportRow[]> | Iterator<readonly ReportRow[]>
  #left: readonly ReportRow[] = []

  constructor(pieces: Pieces) {
    this.#pieces = Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]()
  }

  async hasMore(): Promise<boolean> {
    while (this.#left.length === 0) {
      const { done, value } = await this.#pieces.next()
      if (done === true) return false
      this.#left = value
    }
    return true
  }

  /** At most so many, and none when there are no more. */
  async take(most: number): Promise<readonly ReportRow[]> {
    if (!(await this.hasMore())) return []
    const taken = this.#left.slice(0, most)
    this.#left = this.#left.slice(most)
    return taken
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}

async function* sheet(columns: readonly ReportColumn[], source: Source, mostRows: number): AsyncGenerator<string> {
  const names = columns.map((_, index) => letters(index))
  const cells = columns.map(cellOf)
  const line = (row: ReportRow, number: number): string =>
    `<row r="${number}">${row.map((value, index) => (value === null ? '' : (cells[index]?.(value, `${names[index]}${number}`) ?? ''))).join('')}</row>`
  yield `${begin}<row r="1">${columns.map(({ name }, index) => textCell(name, `${names[index]}1`)).join('')}</row>`
  for (let number = 2; number <= mostRows;) {
    const rows = await source.take(mostRows - number + 1)
    if (rows.length === 0) break
    const first = number
    yield rows.map((row, index) => line(row, first + index)).join('')
    number += rows.length
  }
  yield end
}

const xml = (body: string): Buffer => Buffer.from(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${body}`)
const documents = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const packages = 'http://schemas.openxmlformats.org/package/2006'

const frame = (sheets: number): ReadonlyArray<readonly [string, Buffer]> => {
  const each = Array.from({ length: sheets }, (_, index) => index + 1)
  const main = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
  return [
    [
      '[Content_Types].xml',
      xml(
        `<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${main}.sheet.main+xml"/>${each
          .map((number) => `<Override PartName="/xl/worksheets/sheet${number}.xml" ContentType="${main}.worksheet+xml"/>`)
          .join('')}</Types>`,
      ),
    ],
    [
      '_rels/.rels',
      xml(
        `<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${documents}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
      ),
    ],
    [
      'xl/workbook.xml',
      xml(
        `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${documents}"><sheets>${each
          .map((number) => `<sheet name="Rows${number === 1 ? '' : ` ${number}`}" sheetId="${number}" r:id="rId${number}"/>`)
          .join('')}</sheets></workbook>`,
      ),
    ],
    [
      'xl/_rels/workbook.xml.rels',
      xml(
        `<Relationships xmlns="${packages}/relationships">${each
          .map((number) => `<Relationship Id="rId${number}" Type="${documents}/worksheet" Target="worksheets/sheet${number}.xml"/>`)
          .join('')}</Relationships>`,
      ),
    ],
  ]
}

type Book = { readonly zip: ZipFile; readonly columns: readonly ReportColumn[]; readonly source: Source; readonly mostRows: number }

/** Whoever does not want the rest any more ends the sheet that is being written, and with it where the rows come from. */
const write = async ({ zip, columns, source, mostRows }: Book, output: Readable): Promise<void> => {
  try {
    let sheets = 0
    do {
      sheets += 1
      const content = Readable.from(sheet(columns, source, mostRows), { objectMode: false })
      const stop = (): void => void content.destroy()
      output.once('close', stop)
      zip.addReadStream(content, `xl/worksheets/sheet${sheets}.xml`)
      await finished(content)
      output.off('close', stop)
    } while (await source.hasMore())
    for (const [name, content] of frame(sheets)) zip.addBuffer(content, name)
    zip.end()
  } finally {
    await source.close()
  }
}

/**
 * Read as fast as it is taken; what is beyond a sheet is on the next one. Numbers that a spreadsheet would round are text.
 * @param mostRows of one sheet, with the row of names
 */
export const xlsxOf = (columns: readonly ReportColumn[], pieces: Pieces, mostRows: number = mostSheetRows): Readable => {
  const zip = new ZipFile()
  const output = new PassThrough()
  const fail = (error: unknown): void => void output.destroy(error instanceof Error ? error : new Error(String(error)))
  zip.on('error', fail)
  zip.outputStream.pipe(output)
  write({ zip, columns, source: new Source(pieces), mostRows }, output).catch(fail)
  return output
}
