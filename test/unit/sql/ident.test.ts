import { describe, expect, it } from 'vitest'
import { IdentifierError, quoteIdent, quoteLiteral, quoteQualified } from '../../../lib/tenancy/sql/ident.ts'

describe('a name becomes SQL', () => {
  it.each([
    ['acme', '"acme"'],
    ['Acme GmbH', '"Acme GmbH"'],
    ['say "hi"', '"say ""hi"""'],
    ['a; drop schema public', '"a; drop schema public"'],
    ['東京', '"東京"'],
    ["o'brien\\", `"o'brien\\"`],
    ['select', '"select"'],
  ])('%s as %s', (name, sql) => {
    expect(quoteIdent(name)).toBe(sql)
  })

  it('with its schema before it', () => {
    expect(quoteQualified('a"b', 'c.d')).toBe('"a""b"."c.d"')
  })

  it.each([
    ['is empty', ''],
    ['holds a NUL', 'a\0b'],
    ['has 64 bytes', 'x'.repeat(64)],
    ['has 64 bytes in 32 letters', 'ä'.repeat(32)],
    ['has 64 bytes in 16 signs', '🚀'.repeat(16)],
  ])('but never one that %s', (_, name) => {
    expect(() => quoteIdent(name)).toThrow(IdentifierError)
  })

  it('of just 63 bytes', () => {
    expect(quoteIdent('ä'.repeat(31) + 'x')).toHaveLength(34)
  })
})

describe('a text becomes SQL', () => {
  it.each([
    ['', `''`],
    ['plain', `'plain'`],
    ["it's", `'it''s'`],
    ['back\\slash', ` E'back\\\\slash'`],
    ["\\'; drop table x; --", ` E'\\\\''; drop table x; --'`],
    ['line\nbreak', `'line\nbreak'`],
    ['$$ :param ?', `'$$ :param ?'`],
  ])('%j', (text, sql) => {
    expect(quoteLiteral(text)).toBe(sql)
  })

  it('but never with a NUL', () => {
    expect(() => quoteLiteral('a\0')).toThrow(IdentifierError)
  })
})
