/** Parameters of a report: declared in its head comments, placed by PostgreSQL's own tokens, never by text. */
import type { ReportParam, ReportProblem } from '../../contract/reports.ts'
import { placeOf, type Token } from '../../sql/statements.ts'
import { isParamType, judgeValue, paramTypes } from './param-types.ts'

export type Placed = {
  readonly params: readonly ReportParam[]
  /** The text with `$1` where `:from` stood, of the same length, so that places in both are the same. */
  readonly text: Buffer
  readonly problems: readonly ReportProblem[]
}

const declaration = /^--\s*:(\S+)\s+(.*?)\s*$/
const nameOf = /^[a-z][a-z0-9_]+$/
const mostParams = 30

type Head = {
  readonly params: ReadonlyMap<string, ReportParam & { readonly offset: number }>
  /** Declared, and refused for it already. */
  readonly wrong: ReadonlySet<string>
  readonly problems: readonly ReportProblem[]
}

/** More of a kind are of no use, and each one is looked up in the text. */
export const mostProblems = 100

/** Of a default that is none: whoever gives a value of his own needs none. */
export const idleFault = 'default'

const collector = (source: Buffer): { readonly problems: readonly ReportProblem[]; readonly add: (offset: number, message: string, code?: string) => void } => {
  const problems: ReportProblem[] = []
  const add = (offset: number, message: string, code = 'parameter'): void => {
    if (problems.length < mostProblems) problems.push({ code, ...placeOf(source, offset), message })
  }
  return { problems, add }
}

const readHead = (source: Buffer, comments: readonly Token[]): Head => {
  const params = new Map<string, ReportParam & { readonly offset: number }>()
  const wrong = new Set<string>()
  const { problems, add } = collector(source)
  // Counted by themselves: they must not take the places of what keeps a text from being asked.
  const idle = collector(source)
  for (const { text, start } of comments) {
    const [, name, rest] = declaration.exec(text) ?? []
    if (name === undefined || rest === undefined) continue
    const at = rest.indexOf('=')
    const type = (at === -1 ? rest : rest.slice(0, at)).trim().toLowerCase().replaceAll(/\s+/g, ' ')
    if (!nameOf.test(name) || !isParamType(type)) wrong.add(name)
    if (!nameOf.test(name)) add(start, `Parameter “${name}”: a name is two or more of a–z, 0–9 and _, and starts with a letter.`)
    else if (params.has(name)) add(start, `Parameter “${name}” is declared twice.`)
    else if (!isParamType(type)) add(start, `Parameter “${name}”: the type “${type}” is none of ${paramTypes.join(', ')}.`)
    else {
      const usual = at === -1 ? null : rest.slice(at + 1).trim()
      const { instead } = usual === null ? { instead: null } : judgeValue(type, usual)
      if (instead !== null) idle.add(start, `Parameter “${name}”: its default “${usual?.slice(0, 100)}” is no ${type}; it takes ${instead}.`, idleFault)
      params.set(name, { name, type, default: usual, offset: start })
    }
  }
  if (params.size > mostParams) add(0, `${params.size} parameters are declared; a report takes at most ${mostParams}.`)
  return { params, wrong, problems: [...problems, ...idle.problems] }
}

type Mention = { readonly name: string; readonly start: number; readonly end: number }

const isComment = ({ name }: Token): boolean => name === 'SQL_COMMENT' || name === 'C_COMMENT'

/** Inside of brackets a colon parts the bounds of a slice, unless they are those of ARRAY[…]. */
const mentions = (tokens: readonly Token[]): Mention[] => {
  const found: Mention[] = []
  const open: boolean[] = []
  for (const [index, { text, start, end }] of tokens.entries()) {
    if (text === '(') open.push(false)
    else if (text === '[') open.push(tokens[index - 1]?.text.toLowerCase() !== 'array' && !(tokens[index - 1]?.text === '[' && open.at(-1) === false))
    else if (text === ')' || text === ']') open.pop()
    const next = tokens[index + 1]
    if (text === ':' && open.at(-1) !== true && next && next.start === end && /^[a-z_]/i.test(next.text)) found.push({ name: next.text, start, end: next.end })
  }
  return found
}

export const placeParams = (source: Buffer, tokens: readonly Token[]): Placed => {
  const words = tokens.filter((token) => !isComment(token))
  const first = words[0]?.start ?? source.length
  const head = readHead(
    source,
    tokens.filter((token) => token.name === 'SQL_COMMENT' && token.start < first),
  )
  const { problems, add } = collector(source)
  const text = Buffer.from(source)
  const order = [...head.params.keys()]
  const used = new Set<string>()
  for (const { name, start, end } of mentions(words)) {
    const number = order.indexOf(name) + 1
    used.add(name)
    if (number === 0 && !head.wrong.has(name)) add(start, `:${name} is not declared; write above the SELECT what it is: -- :${name} text`)
    // Of something that is not declared the rest can be looked at all the same.
    text.write(number === 0 ? '0'.padEnd(end - start) : `$${number}`.padEnd(end - start), start)
  }
  for (const { text: word, start, name } of words)
    if (name === 'PARAM') add(start, `${word} has no name; declare it above the SELECT, such as -- :from date, and write :from.`)
  for (const { name, offset } of head.params.values())
    if (!used.has(name)) add(offset, `Parameter “${name}” is declared and not used; write :${name} in the SELECT, or take the line out.`)
  return {
    params: [...head.params.values()].map(({ name, type, default: usual }) => ({ name, type, default: usual })),
    text,
    problems: [...head.problems, ...problems],
  }
}
