/** PostgreSQL's SQL in pieces that have a colour each. For reading, not for understanding: that is the parser's part, on the server. */

export type SqlKind = 'keyword' | 'type' | 'string' | 'number' | 'comment'
export type SqlPiece = { readonly text: string; readonly kind: SqlKind | null }

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const keywords = words(
  'add after all alter always analyze and any array as asc attach atomic authorization before begin between both by cache called cascade case cast check ' +
    'cluster collate column columns comment commit concurrently conflict constraint copy create cross current current_date current_timestamp current_user cycle ' +
    'database declare default deferrable deferred definer delete desc detach disable distinct do domain drop each else elsif enable end enum except exception ' +
    'exclude execute exists extension false fetch filter first for force foreign from full function generated global grant group having identity if ilike immediate ' +
    'immutable in include increment index inherit inherits initially inner insert instead intersect into invoker is isolation join key language last lateral left ' +
    'level like limit list local lock locked logged loop materialized maxvalue minvalue natural new next no not notify nothing null nulls of off offset old on only ' +
    'operator or order out outer over overriding owned owner parallel partition perform plpgsql policy primary procedure publication raise range read recursive ' +
    'references refresh reindex rename replace replica reset restart restrict return returning returns revoke right role rollback row rows rule safe savepoint schema ' +
    'security select sequence serializable session set setof share show skip some stable start statement statistics storage strict table tables tablespace temp ' +
    'temporary then to transaction trigger true truncate type union unique unlogged update using vacuum valid validate values view volatile when where while window ' +
    'with without work write zone',
)

const types = words(
  'bigint bigserial bit bool boolean box bytea char character cidr circle citext date daterange decimal double float4 float8 hstore inet int int2 int4 int4range ' +
    'int8 int8range integer interval json jsonb line macaddr money name numeric numrange oid path point polygon precision real record regclass serial smallint ' +
    'smallserial text time timestamp timestamptz timetz tsquery tsrange tstzrange tsvector uuid varbit varchar varying void xml',
)

const word = /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/iy
const number = /\d+(?:\.\d+)?(?:e[+-]?\d+)?/iy
const lineComment = /--[^\n]*/y
const plainString = /'(?:[^']|'')*'?/y
const escapeString = /e'(?:[^'\\]|\\[\s\S]|'')*'?/iy
const quotedName = /"(?:[^"]|"")*"?/y
const dollarTag = /\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/iy
const between = /\s+|[^\s\w'"$/-]+|./sy

const match = (pattern: RegExp, sql: string, at: number): string | null => {
  pattern.lastIndex = at
  return pattern.exec(sql)?.[0] ?? null
}

/** They nest. */
const blockComment = (sql: string, at: number): string => {
  let depth = 0
  let end = at
  while (end < sql.length) {
    if (sql.startsWith('/*', end)) depth += 1
    else if (sql.startsWith('*/', end)) depth -= 1
    else {
      end += 1
      continue
    }
    end += 2
    if (depth === 0) break
  }
  return sql.slice(at, end)
}

const kindOfWord = (text: string): SqlKind | null => {
  const lower = text.toLowerCase()
  return keywords.has(lower) ? 'keyword' : types.has(lower) ? 'type' : null
}

const pieceAt = (sql: string, at: number): SqlPiece => {
  if (sql.startsWith('/*', at)) return { text: blockComment(sql, at), kind: 'comment' }
  const comment = match(lineComment, sql, at)
  if (comment !== null) return { text: comment, kind: 'comment' }
  const text = match(escapeString, sql, at) ?? match(plainString, sql, at)
  if (text !== null) return { text, kind: 'string' }
  const name = match(word, sql, at)
  if (name !== null) return { text: name, kind: kindOfWord(name) }
  const figure = match(number, sql, at)
  if (figure !== null) return { text: figure, kind: 'number' }
  return { text: match(quotedName, sql, at) ?? match(between, sql, at) ?? sql.slice(at), kind: null }
}

/** The pieces in order; together they are the text. The body of a function between its dollars is SQL as well, more often than not. */
export const piecesOf = (sql: string): readonly SqlPiece[] => {
  const pieces: SqlPiece[] = []
  for (let at = 0; at < sql.length;) {
    const tag = match(dollarTag, sql, at)
    if (tag === null) {
      const piece = pieceAt(sql, at)
      pieces.push(piece)
      at += piece.text.length
      continue
    }
    const found = sql.indexOf(tag, at + tag.length)
    const end = found === -1 ? sql.length : found
    pieces.push({ text: tag, kind: 'string' }, ...piecesOf(sql.slice(at + tag.length, end)))
    if (found !== -1) pieces.push({ text: tag, kind: 'string' })
    at = found === -1 ? end : end + tag.length
  }
  return pieces
}

/** The same by lines, without their ends. */
export const linesOf = (sql: string): ReadonlyArray<readonly SqlPiece[]> => {
  const lines: SqlPiece[][] = [[]]
  for (const { text, kind } of piecesOf(sql)) {
    for (const [index, part] of text.split('\n').entries()) {
      if (index > 0) lines.push([])
      if (part !== '') lines.at(-1)?.push({ text: part, kind })
    }
  }
  return lines
}
