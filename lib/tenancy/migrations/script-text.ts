/** A file of a set as text. Decoded leniently, what is not UTF-8 would be written damaged into every tenant. */
import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'

export type ScriptProblem = { readonly line: number; readonly column: number; readonly message: string }
/** `text` is empty where a problem stands. */
export type Script = { readonly text: string; readonly problem: ScriptProblem | null }

const lineFeed = 0x0a
const mostBytesACharacter = 4
const remedy = 'files of a set are UTF-8, so save it as UTF-8 (from Latin-1: iconv -f LATIN1 -t UTF-8)'
const utf16Remedy = 'files of a set are UTF-8, and this one looks like UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)'

/** How many bytes the character there has; 0 where there is none. */
const characterAt = (line: Buffer, at: number): number => {
  for (let length = 1; length <= mostBytesACharacter && at + length <= line.length; length += 1) if (isUtf8(line.subarray(at, at + length))) return length
  return 0
}

/** No byte of a longer character is a line feed, so each line can be looked at by itself. */
const firstOddByte = (bytes: Buffer): ScriptProblem => {
  for (let line = 1, start = 0; start <= bytes.length; line += 1) {
    const found = bytes.indexOf(lineFeed, start)
    const end = found === -1 ? bytes.length : found
    const content = bytes.subarray(start, end)
    start = end + 1
    if (isUtf8(content)) continue
    let column = 1
    let at = 0
    for (let length = characterAt(content, at); length > 0; length = characterAt(content, at)) {
      at += length
      column += 1
    }
    const byte = (content[at] ?? 0).toString(16).padStart(2, '0')
    return { line, column, message: `byte 0x${byte} is not UTF-8; ${line === 1 && /^(fffe|feff)/.test(bytes.toString('hex', 0, 2)) ? utf16Remedy : remedy}` }
  }
  return { line: 1, column: 1, message: `is not UTF-8; ${remedy}` }
}

const findNul = (text: string): ScriptProblem | null => {
  const at = text.indexOf('\u0000')
  if (at === -1) return null
  const before = text.slice(0, at).split('\n')
  const isEverySecond = text.split('\u0000').length > text.length / 3
  const message = `holds a NUL byte, which PostgreSQL cannot store; ${isEverySecond ? utf16Remedy : 'remove it'}`
  return { line: before.length, column: [...(before.at(-1) ?? '')].length + 1, message }
}

/** The same from every checkout, whatever its line ends and with or without a byte order mark. */
export const readScript = async (path: string): Promise<Script> => {
  const bytes = await readFile(path)
  if (!isUtf8(bytes)) return { text: '', problem: firstOddByte(bytes) }
  const text = bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
  const problem = findNul(text)
  return { text: problem ? '' : text, problem }
}
