import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { linesOf, piecesOf } from '../../../components/ui/sql-tokens.ts'
import { projectRoot } from '../../../lib/root.ts'

const coloured = (sql: string) => piecesOf(sql).flatMap(({ text, kind }) => (kind === null ? [] : [[kind, text]]))

test.each([
  [
    'words, whatever their case',
    'ALTER table orders',
    [
      ['keyword', 'ALTER'],
      ['keyword', 'table'],
    ],
  ],
  ['types', 'paid_at timestamptz', [['type', 'timestamptz']]],
  [
    'numbers, but none inside of names',
    'v2 numeric(10, 2.5e3)',
    [
      ['type', 'numeric'],
      ['number', '10'],
      ['number', '2.5e3'],
    ],
  ],
  ['strings with doubled quotes', "'it''s' x", [['string', "'it''s'"]]],
  ['strings with escapes', String.raw`E'it\'s' x`, [['string', String.raw`E'it\'s'`]]],
  ['strings over several lines', "'a\nb'", [['string', "'a\nb'"]]],
  ['strings without an end', "'select", [['string', "'select"]]],
  ['names in quotes have none', '"select" "a""b"', []],
  [
    'comments',
    '-- drop table\n1',
    [
      ['comment', '-- drop table'],
      ['number', '1'],
    ],
  ],
  [
    'comments within comments',
    '/* a /* b */ table */ 1',
    [
      ['comment', '/* a /* b */ table */'],
      ['number', '1'],
    ],
  ],
  ['comments without an end', '/* table', [['comment', '/* table']]],
  [
    'operators',
    'a->>b - 1 / 2',
    [
      ['number', '1'],
      ['number', '2'],
    ],
  ],
  [
    'bodies between dollars as SQL',
    "$f$ select 'x' $f$",
    [
      ['string', '$f$'],
      ['keyword', 'select'],
      ['string', "'x'"],
      ['string', '$f$'],
    ],
  ],
  [
    'bodies whose quotes do not pair',
    "$$ it's $$ select",
    [
      ['string', '$$'],
      ['string', "'s "],
      ['string', '$$'],
      ['keyword', 'select'],
    ],
  ],
  [
    'bodies without an end',
    '$$ select',
    [
      ['string', '$$'],
      ['keyword', 'select'],
    ],
  ],
  [
    'parameters',
    '$1 + 2',
    [
      ['number', '1'],
      ['number', '2'],
    ],
  ],
])('colours %s', (_, sql, expected) => {
  expect(coloured(sql)).toEqual(expected)
})

describe('lines', () => {
  test('a piece that spans several is in each of them', () => {
    expect(linesOf('/* a\n\nb */ x')).toEqual([
      [{ text: '/* a', kind: 'comment' }],
      [],
      [
        { text: 'b */', kind: 'comment' },
        { text: ' ', kind: null },
        { text: 'x', kind: null },
      ],
    ])
  })
})

test('nothing of any migration is lost', () => {
  const folder = join(projectRoot, 'migrations')
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.sql'))
  expect(files.length).toBeGreaterThan(10)
  for (const file of files) {
    const sql = readFileSync(join(folder, file), 'utf8')
    expect(
      linesOf(sql)
        .map((line) => line.map(({ text }) => text).join(''))
        .join('\n'),
    ).toBe(sql)
  }
})
