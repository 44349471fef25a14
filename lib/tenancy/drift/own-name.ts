/**
 * A schema that is named in the body of its own function, which PostgreSQL keeps as text: a migration has asked for the name and written it there. Only where it
 * can be nothing else: before a dot or as a string, and only of names that are no word and nobody's alias.
 */
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

export const withOwnMark = (body: string, schema: string): string =>
  isUnmistakable(schema) && body.includes(schema) ? body.replace(patternOf(schema), ownMark) : body
