/** What is found, told and written without a server: on structures made by hand. The table of cases on servers is test/integration/drift/cases.test.ts. */
import { describe, expect, it } from 'vitest'
import type { Finding, Structure, StructureObject } from '../../../lib/tenancy/contract/index.ts'
import { inOrder } from '../../../lib/tenancy/drift/compare/clumps.ts'
import { compareStructures } from '../../../lib/tenancy/drift/compare/compare-structures.ts'
import { ddlOf } from '../../../lib/tenancy/drift/compare/ddl.ts'
import { migrationOf } from '../../../lib/tenancy/drift/compare/migration-text.ts'
import { mentions, nameOf, routineName } from '../../../lib/tenancy/drift/compare/names.ts'
import { repairOf } from '../../../lib/tenancy/drift/compare/repair.ts'
import { widening } from '../../../lib/tenancy/drift/compare/repair/widening.ts'
import { write, roleOf, thisSchema } from '../../../lib/tenancy/drift/compare/statements/roles.ts'

const object = (kind: StructureObject['kind'], of: string, name: string, facts: StructureObject['facts'] = {}): StructureObject => ({ kind, of, name, facts })
const of = (...objects: readonly StructureObject[]): Structure => ({ objects, uncompared: [] })

const table = (name: string, ...columns: readonly string[]): StructureObject[] => [
  object('table', '', name, { order: { columns } }),
  ...columns.map((column) => object('column', name, column, { structure: { type: 'text' } })),
]
const index = (name: string, keys = 'email', facts: StructureObject['facts'] = {}): StructureObject =>
  object('index', 'customer', name, { ...facts, structure: { definition: `CREATE INDEX ${name} ON customer USING btree (${keys})`, ...facts.structure } })
const customer = table('customer', 'id', 'email')
const told = (findings: readonly Finding[]): string[] => findings.map(({ severity, sentence }) => `${severity}: ${sentence}`)

describe('comparing', () => {
  it('finds nothing between equal structures, whatever the order of their fields', () => {
    const [one, other] = [
      { type: 'text', default: "'x'::text" },
      { default: "'x'::text", type: 'text' },
    ].map((structure) => of(object('column', 't', 'c', { structure })))
    expect(one && other && compareStructures(one, other, [])).toEqual([])
  })

  it('gives a finding the same key wherever and whenever it is seen, and another one to another', () => {
    const found = (norm: Structure, seen: Structure) => compareStructures(norm, seen, []).map(({ key }) => key)
    const missing = found(of(...customer, index('by_email')), of(...customer))
    expect(missing).toHaveLength(1)
    expect(found(of(...table('other', 'x'), ...customer, index('by_email')), of(...table('other', 'x'), ...customer))).toEqual(missing)
    expect(found(of(...customer, index('by_email', 'id')), of(...customer))).not.toEqual(missing)
    expect(found(of(...customer), of(...customer, index('by_email')))).not.toEqual(missing)
  })

  it('tells the worst first, and leaves out the facets that the set leaves out', () => {
    const norm = of(...customer, index('by_email'), object('view', '', 'mails', { structure: { definition: 'SELECT 1' }, comments: { comment: 'Mails' } }))
    const seen = of(
      object('table', '', 'customer', { order: { columns: ['email', 'id'] } }),
      ...customer.slice(1),
      object('view', '', 'mails', { structure: { definition: 'SELECT 2' } }),
    )
    const all = [
      'breaks: View mails is defined otherwise and lacks its comment Mails.',
      'slows: Index by_email of customer is missing.',
      'harmless: Columns of customer are in another order.',
    ]
    expect(told(compareStructures(norm, seen, []))).toEqual(all)
    expect(told(compareStructures(norm, seen, ['order', 'comments']))).toEqual(['breaks: View mails is defined otherwise.', all[1]])
  })

  it('pairs what is the same but for its name, one for one', () => {
    const norm = of(...customer, index('a'), index('b'))
    const seen = of(...customer, index('x', 'email', { comments: { comment: 'By hand' } }), index('b'), index('y'))
    expect(told(compareStructures(norm, seen, []))).toEqual([
      'harmless: Index of customer is named x instead of a. Index a of customer has a comment it should not have, By hand.',
      'harmless: Index y of customer was added outside of its migrations.',
    ])
  })

  describe('with a later version that is known', () => {
    const inTheWay = 'was added before its migration: one that is still to come makes something of that name, and will find it there.'
    const norm = of(...customer)
    const seen = of(...table('customer', 'id', 'email', 'phone', 'fax'), index('by_phone', 'phone'))
    const later = of(...table('customer', 'id', 'email', 'phone'), index('by_phone', 'lower(phone)'))

    it('tells what is in the way of a migration that is still to come, apart from what no migration makes', () => {
      const findings = compareStructures(norm, seen, ['order'], later)
      expect(told(findings)).toEqual([
        `breaks: Column phone of customer ${inTheWay}`,
        `breaks: Index by_phone of customer ${inTheWay}`,
        'harmless: Column fax of customer was added outside of its migrations.',
      ])
      // Since when it is there, and what was accepted of it, is known by its key.
      expect(findings.map(({ key }) => key).toSorted()).toEqual(
        compareStructures(norm, seen, ['order'])
          .map(({ key }) => key)
          .toSorted(),
      )
      const { left } = repairOf(norm, seen, findings)
      expect(left.map(({ sentence, reason }) => `${sentence} ${reason}`)).toEqual([
        `Column phone of customer ${inTheWay} Look at what it holds and who needs it: drop it by hand before that migration, or let the migration do without.`,
        'Column fax of customer was added outside of its migrations. It may hold data: drop it by hand, or make it a migration.',
      ])
    })

    it('knows that tables, views, sequences and indexes of a schema share their names', () => {
      const other = of(...table('customer', 'id', 'email'), ...table('phone_list', 'id'), object('index', 'phone_list', 'by_phone'))
      const extra = of(
        ...table('customer', 'id', 'email'),
        index('by_phone', 'email'),
        object('view', '', 'phone_list', { structure: { definition: 'SELECT 1' } }),
      )
      expect(told(compareStructures(norm, extra, [], other))).toEqual([`breaks: Index by_phone of customer ${inTheWay}`, `breaks: View phone_list ${inTheWay}`])
    })

    it('says it of nothing that a migration replaces, or finds as it would make it', () => {
      const made = [
        object('function', '', 'total()', { structure: { body: 'select 1' } }),
        object('view', '', 'mails', { structure: { definition: 'SELECT 1' } }),
        object('constraint', 'customer', 'customer_email_not_null', { structure: { definition: 'NOT NULL email' } }),
      ]
      const sentences = told(compareStructures(norm, of(...customer, ...made), [], of(...customer, ...made)))
      expect(sentences).toHaveLength(3)
      for (const sentence of sentences) expect(sentence).toContain('was added outside of its migrations.')
    })

    it('says it of nothing that is the version’s own', () => {
      expect(compareStructures(norm, norm, [], later)).toEqual([])
      expect(told(compareStructures(norm, of(...table('customer', 'id', 'email', 'fax')), ['order'], later))).toEqual([
        'harmless: Column fax of customer was added outside of its migrations.',
      ])
    })
  })

  it('does not tell what follows: parts of what is missing, heirs of what differs alike', () => {
    const part = (name: string, facts: StructureObject['facts']['structure'] = {}) =>
      object('table', '', name, { structure: { partitionOf: 'part', ...facts } })
    const column = (of: string, type: string) => object('column', of, 'id', { structure: { type, ...(of === 'part' ? {} : { inherited: true }) } })
    const tree = (type: string, other = type) => [
      object('table', '', 'part'),
      column('part', type),
      part('p1'),
      column('p1', type),
      part('p2'),
      column('p2', other),
    ]
    const serial = object('sequence', '', 'customer_id_seq', { structure: { ownedBy: 'customer.id' } })
    expect(told(compareStructures(of(...customer, index('a'), serial), of(), []))).toEqual(['breaks: Table customer is missing.'])
    expect(told(compareStructures(of(...tree('text')), of(...tree('integer')), []))).toEqual(['breaks: Column id of part is integer instead of text.'])
    expect(told(compareStructures(of(...tree('text')), of(...tree('text', 'integer')), []))).toEqual(['breaks: Column id of p2 is integer instead of text.'])
  })

  it('says how bad rights are by whose they are', () => {
    const rights = (...privileges: readonly string[]) => of(object('table', '', 'customer', { grants: { privileges } }))
    const severity = (norm: Structure, seen: Structure) => compareStructures(norm, seen, []).map((finding) => finding.severity)
    expect(severity(rights('owner: ALL', 'tenant: SELECT'), rights('owner: ALL'))).toEqual(['breaks'])
    expect(severity(rights('owner: ALL'), rights('owner: ALL', 'tenant: SELECT'))).toEqual(['harmless'])
    expect(severity(rights('owner: ALL'), rights('owner: ALL', 'public: SELECT'))).toEqual(['breaks'])
    expect(severity(of(object('table', '', 'customer')), rights('owner: ALL', 'reporting: SELECT'))).toEqual(['breaks'])
  })
})

describe('repairing', () => {
  it('leads only what it is asked for to the norm, and keeps the rest as it is seen', () => {
    const view = (definition: string) => object('view', '', 'mails', { structure: { definition } })
    const other = (definition: string) => object('view', '', 'upper_mails', { structure: { definition } })
    const norm = of(...customer, view('SELECT email FROM customer'), other('SELECT upper(email) FROM mails'))
    const seen = of(...customer, view('SELECT id FROM customer'), other('SELECT lower(id) FROM mails'))
    const asked = compareStructures(norm, seen, []).filter(({ object: { name } }) => name === 'mails')
    expect(repairOf(norm, seen, asked).steps.map(({ sql }) => sql)).toEqual([
      'DROP VIEW upper_mails',
      'DROP VIEW mails',
      'CREATE VIEW mails AS\nSELECT email FROM customer',
      'CREATE VIEW upper_mails AS\nSELECT lower(id) FROM mails',
    ])
  })

  it.each([
    ['character varying(10)', 'character varying(20)', { rewrites: false }],
    ['character varying(20)', 'character varying(10)', null],
    ['character varying(10)', 'text', { rewrites: false }],
    ['text', 'character varying', { rewrites: false }],
    ['text', 'character varying(10)', null],
    ['smallint', 'bigint', { rewrites: true }],
    ['bigint', 'integer', null],
    ['integer', 'numeric', { rewrites: true }],
    ['integer', 'numeric(5,2)', null],
    ['numeric(8,2)', 'numeric(10,2)', { rewrites: false }],
    ['numeric(8,2)', 'numeric(9,3)', { rewrites: true }],
    ['numeric(8,2)', 'numeric(8,3)', null],
    ['numeric(8,2)', 'numeric', { rewrites: false }],
    ['numeric', 'numeric(8,2)', null],
    ['real', 'double precision', { rewrites: true }],
    ['date', 'timestamp without time zone', { rewrites: true }],
    ['date', 'timestamp with time zone', null],
    ['timestamp(3) without time zone', 'timestamp without time zone', { rewrites: false }],
    ['timestamp without time zone', 'timestamp(3) without time zone', null],
    ['timestamp without time zone', 'timestamp with time zone', null],
    ['text', 'integer', null],
  ])('from %s to %s', (from, to, expected) => {
    expect(widening(from, to)).toEqual(expected)
  })
})

describe('writing', () => {
  it('leaves a name bare exactly where PostgreSQL does', () => {
    expect(['customer', 'Customer', 'user', 'name', 'a b', 'a"b', '1st', 'grün'].map(nameOf)).toEqual([
      'customer',
      '"Customer"',
      '"user"',
      'name',
      '"a b"',
      '"a""b"',
      '"1st"',
      '"grün"',
    ])
    expect(routineName('Do It(integer, character varying)')).toBe('"Do It"(integer, character varying)')
  })

  it('takes words in quotes for data, unless they are a name', () => {
    const found = mentions(`SELECT "Or""der".x, 'it''s data', nextval('number'::regclass), nextval('"Odd One"'::regclass) FROM Customer`)
    for (const name of ['Or"der', 'x', 'number', 'Odd One', 'customer']) expect(found, name).toContain(name)
    expect(found).not.toContain('data')
  })

  it('makes each after what it needs, and lets what is in a circle wait', () => {
    const clump = (name: string, head: string, ...tail: readonly string[]) => ({ object: object('table', '', name), name, head, tail })
    const made = inOrder([clump('a', 'CREATE TABLE a (d b)', 'a to c'), clump('b', 'CREATE TABLE b ()', 'b to a'), clump('c', 'CREATE TABLE c ()', 'c to a')])
    expect(made.map(({ sql }) => sql)).toEqual(['CREATE TABLE b ()', 'CREATE TABLE c ()', 'CREATE TABLE a (d b)', 'a to c', 'b to a', 'c to a'])
  })

  it('asks for names where it is run, and for nobody else to guess', () => {
    const grant = ['GRANT SELECT ON "50%" IN ', thisSchema, ' TO ', roleOf('tenant')]
    expect(write(grant, 'read')).toBe('GRANT SELECT ON "50%" IN own TO tenant')
    expect(write(grant, 'run')).toBe(
      `DO $do$BEGIN EXECUTE format($$GRANT SELECT ON "50%%" IN %I TO %I$$, current_schema(), current_setting('tenantry.role')); END$do$`,
    )
    expect(write(['TO ', roleOf('public'), ', ', roleOf('Ann'), ', ', roleOf('"owner"')], 'run')).toBe('TO PUBLIC, "Ann", "owner"')
  })

  it('writes the same DDL for the same structure, what cannot be compared first', () => {
    const structure: Structure = { objects: [...customer, index('by_email')], uncompared: ['operator ===(text, text)'] }
    const ddl = `-- not compared: operator ===(text, text)

CREATE TABLE customer (
  id text,
  email text
);
CREATE INDEX by_email ON customer USING btree (email);
`
    expect(ddlOf(structure)).toBe(ddl)
    expect(ddlOf({ ...structure, objects: structure.objects.toReversed() })).toBe(ddl)
    expect(ddlOf(of())).toBe('\n')
  })

  it('makes a migration of what was done by hand, and says what it leaves to a person', () => {
    const phone = object('column', 'customer', 'phone', { structure: { type: 'text' } })
    const [norm, seen] = [of(...customer, index('by_id', 'id')), of(...customer.slice(0, 2), phone, index('by_phone', 'phone'))]
    expect(migrationOf(norm, seen, compareStructures(norm, seen, []))).toBe(`-- Made of what differs from the reference of this set:
-- - Column email of customer is missing.
-- - Index by_id of customer is missing.
-- - Column phone of customer was added outside of its migrations.
-- - Index by_phone of customer was added outside of its migrations.
--
-- Left to you:
-- - Column email of customer is missing. Not written: it may hold data. Write the DROP yourself if that is meant.

DROP INDEX by_id;
ALTER TABLE customer ADD COLUMN phone text;
-- Whoever writes to customer waits while it is built.
CREATE INDEX by_phone ON customer USING btree (phone);
`)
  })
})
