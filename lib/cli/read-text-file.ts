import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { invalid } from './parse-input.ts'
import { currentLine } from './terminal.ts'

const unreadable: Readonly<Record<string, string>> = { ENOENT: 'it does not exist', EISDIR: 'it is a directory', EACCES: 'it may not be read' }

/** A file that was named; `-` is standard input. @throws input.invalid */
export const readTextFile = async (path: string): Promise<string> => {
  if (path === '-') return text(currentLine().terminal.stdin)
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reason = unreadable[code] ?? (error instanceof Error ? error.message : String(error))
    throw invalid(`the file ${path} cannot be read: ${reason}.`)
  }
}
