/** The only place where a name becomes SQL. */

export const maxIdentifierBytes = 63

export class IdentifierError extends Error {
  override readonly name = 'IdentifierError'
}

/**
 * Quotes a name as a PostgreSQL identifier.
 * @throws IdentifierError for what PostgreSQL would refuse or silently cut: empty, over 63 bytes, NUL
 */
export const quoteIdent = (name: string): string => {
  if (name === '') throw new IdentifierError('an identifier must not be empty')
  if (name.includes('\u0000')) throw new IdentifierError('an identifier must not hold a NUL character')
  if (Buffer.byteLength(name, 'utf8') > maxIdentifierBytes) throw new IdentifierError(`identifier “${name}” is longer than ${maxIdentifierBytes} bytes`)
  return `"${name.replaceAll('"', '""')}"`
}

/** Quotes a text as a literal for the simple protocol, which has no parameters. Safe whatever standard_conforming_strings says. */
export const quoteLiteral = (text: string): string => {
  if (text.includes('\u0000')) throw new IdentifierError('a literal must not hold a NUL character')
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

export const quoteQualified = (schema: string, name: string): string => `${quoteIdent(schema)}.${quoteIdent(name)}`
