/**
 * A schema that is named in the body of its own function, which PostgreSQL keeps as text: a migration has asked for the name and written it there. Only where it
 * can be nothing else: before a dot or as a string where the name is no word and nobody's alias; of other names, where the parser says that an object's schema is named.
 */
import { qualifiersIn, type Routine } from './qualifiers.ts'

export const ownMark = '‹own›'

const letter = '[\\p{L}\\p{N}_$]'
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** `tenant_acme` and `acme-1`, but not `orders` or `t`: those may be a table's name or an alias. */
const isUnmistakable = (name: string): boolean => /[_\d-]/.test(name) && name.length > 3

const patterns = new Map<string, RegExp>()
const patternOf = (name: string): RegExp => {
  const known = patterns.get(name)
  if (known) return known
  const text = escaped(name)
  const quoted = escaped(`"${name.replaceAll('"', '""')}"`)
  const made = new RegExp(`(?:(?<!${letter}|[."])${text}(?!${letter})|${quoted})(?=\\s*\\.)|(?<=')${text}(?=['.])`, 'gu')
  if (patterns.size >= 100) patterns.clear()
  patterns.set(name, made)
  return made
}

const marked = (body: string, spans: ReadonlyArray<readonly [number, number]>): string => {
  const bytes = Buffer.from(body, 'utf8')
  let text = ''
  let from = 0
  for (const [start, end] of spans) {
    text += bytes.subarray(from, start).toString('utf8') + ownMark
    from = end
  }
  return text + bytes.subarray(from).toString('utf8')
}

/** PostgreSQL's parser must be loaded. */
export const withOwnMark = (body: string, schema: string, routine: Routine): string => {
  if (isUnmistakable(schema)) return body.includes(schema) ? body.replace(patternOf(schema), ownMark) : body
  return body.toLowerCase().includes(schema.toLowerCase()) ? marked(body, qualifiersIn(body, schema, routine)) : body
}
