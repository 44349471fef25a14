/** Many things at once, in combinations that nobody chose: what is mended is the norm, and what is left was foretold. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Facet, Repair, Structure } from '../../../lib/tenancy/contract/index.ts'
import { compareStructures } from '../../../lib/tenancy/drift/compare/compare-structures.ts'
import { migrationOf } from '../../../lib/tenancy/drift/compare/migration-text.ts'
import { repairOf } from '../../../lib/tenancy/drift/compare/repair.ts'
import { useDatabases } from '../../support/template.ts'
import { openStage, type Stage } from './cases/stage.ts'
import { togetherCases } from './cases/together.ts'

const databases = useDatabases()
let stage: Stage

beforeAll(async () => {
  stage = await openStage(await databases.empty(), `drift_mixed_${process.pid}`)
})
afterAll(() => stage.close())

/** Something of everything, and something that stands on it. */
const everything = [
  togetherCases.find(({ name }) => name === 'everything')?.norm ?? '',
  'create view busy_mails as select mail from busy',
  "create function ok(t text) returns boolean language sql immutable as $$ select t <> '' $$",
  'alter table part add constraint note_ok check (ok(note))',
  'create policy notes on part using (ok(note))',
  'create index ok_note on part (ok(note))',
  'create function names() returns setof customer language sql as $$ select * from customer $$',
  'create function mails() returns setof text language sql begin atomic select mail from busy; end',
  'alter table orders add amount int default 5, add label varchar(20)',
  'create view labels as select label, amount from orders',
  'alter table orders add constraint amount_fine check (amount > 0) not valid',
]

const accidents: readonly string[] = [
  'drop view busy_mails',
  'drop function mails(); ',
  'drop index by_lower_mail',
  'drop index by_at',
  'alter table customer drop constraint mail_is_short',
  'alter table orders drop constraint orders_customer_id_fkey',
  'drop trigger touch_customer on customer',
  'alter table customer disable trigger touch_customer',
  'drop policy own_orders on orders',
  'alter table orders drop column amount cascade',
  'alter table orders add extra text',
  'alter table orders alter amount drop default',
  'drop materialized view counted',
  `create or replace function ok(t text) returns boolean language sql immutable as $$ select t <> 'x' $$`,
  'drop function names()',
  'drop table scratch cascade',
  'create table backup (id int)',
  'comment on table customer is null',
  'grant select on orders to public',
  'alter table orders rename label to label2',
  'drop statistics customer_stats',
  'alter sequence invoice_number increment 5',
  `alter type mood add value 'odd'`,
  'alter domain email drop constraint email_check',
  'alter table part drop column note cascade',
  'drop table part_2026',
  'alter table part detach partition part_2026',
  'drop rule no_delete on busy',
  'create view extra as select * from orders',
  'create function extra() returns int language sql as $$ select 1 $$',
  'alter table customer set (fillfactor = 50)',
  'drop table child',
  'alter table child no inherit customer',
  'drop view labels; alter table orders alter label type varchar(10); create view labels as select label, amount from orders',
  'alter table orders validate constraint amount_fine',
  'alter table orders drop constraint orders_pkey',
  'alter table orders rename constraint orders_pkey to pk_orders',
  'alter index by_at rename to ix_at',
  'alter table customer alter feels drop default',
  'alter table customer drop column number',
  'drop function touch() cascade',
  'drop view busy cascade',
  'alter table orders enable row level security',
  'create unique index u on orders (label)',
  'drop function twice(int)',
  'alter procedure tidy(int) security invoker',
  'alter function here() volatile',
  'drop aggregate total(int)',
  'revoke all on customer from public',
  'drop table orders cascade',
  'drop table part cascade',
  'alter table customer alter number type int',
]

/** Always the same numbers: a round that fails fails again. */
const numbersFrom = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

describe('accidents in combination', () => {
  it.each(Array.from({ length: 12 }, (_, index) => index + 1))('round %i', async (round) => {
    const [norm, seen, migrated] = [`norm_${round}`, `seen_${round}`, `migrated_${round}`]
    for (const schema of [norm, seen, migrated]) await stage.build(schema, ...everything)
    const number = numbersFrom(round * 7919)
    const happened: string[] = []
    for (let count = 3 + number(6); happened.length < count;) {
      const accident = accidents[number(accidents.length)] ?? ''
      // Some cannot happen after others.
      if ((await stage.execute(seen, [accident])) === '') happened.push(accident)
    }
    const before = await stage.read([norm, seen])
    const [should, is] = [before.get(norm), before.get(seen)]
    if (!should || !is) throw new Error('not read')
    const findings = compareStructures(should, is, [])
    const repair = repairOf(should, is, findings)
    const said = [...happened, '', ...findings.map(({ sentence }) => sentence), '', ...repair.steps.map(({ sql }) => sql)].join('\n')
    const mended = await stage.execute(
      seen,
      repair.steps.map(({ sql }) => sql),
    )
    expect(mended, said).toBe('')
    const migration = migrationOf(should, is, findings)
    expect(await stage.execute(migrated, [migration]), migration).toBe('')
    const after = await stage.read([seen])
    const remaining = compareStructures(should, after.get(seen) ?? is, [])
    expect(remaining.map(({ sentence }) => sentence).toSorted(), said).toEqual(repair.left.map(({ sentence }) => sentence).toSorted())
    expect(remaining.map(({ key }) => key).toSorted()).toEqual(repair.left.map(({ finding }) => finding).toSorted())
  })
})

it('an identity that is given back goes on behind the rows that are there', async () => {
  await stage.build('counted_norm', 'create table customer (id bigint generated always as identity, email text)')
  await stage.build('counted_seen', "create table customer (id bigint not null, email text); insert into customer values (41, 'a')")
  const found = await stage.read(['counted_norm', 'counted_seen'])
  const [norm, seen] = [found.get('counted_norm'), found.get('counted_seen')]
  if (!norm || !seen) throw new Error('not read')
  const { steps } = repairOf(norm, seen, compareStructures(norm, seen, []))
  expect(
    await stage.execute(
      'counted_seen',
      steps.map(({ sql }) => sql),
    ),
  ).toBe('')
  await stage.sql`insert into counted_seen.customer (email) values ('b')`
  expect((await stage.sql<Array<{ id: string }>>`select id from counted_seen.customer order by id`).map(({ id }) => id)).toEqual(['41', '42'])
})

const pair = async (name: string, norm: string, seen: string): Promise<readonly [norm: Structure, seen: Structure]> => {
  await stage.build(`${name}_norm`, norm)
  await stage.build(`${name}_seen`, seen)
  const found = await stage.read([`${name}_norm`, `${name}_seen`])
  const [should, is] = [found.get(`${name}_norm`), found.get(`${name}_seen`)]
  if (!should || !is) throw new Error('not read')
  return [should, is]
}
const sqlOf = ({ steps }: Repair): readonly string[] => steps.map(({ sql }) => sql)
const mend = async (name: string, norm: string, seen: string): Promise<Repair> => {
  const [should, is] = await pair(name, norm, seen)
  const repair = repairOf(should, is, compareStructures(should, is, []))
  expect(await stage.execute(`${name}_seen`, sqlOf(repair))).toBe('')
  return repair
}

describe('a sequence that is made again goes on behind the rows that are there', () => {
  it.each([
    ['of its own column', 'create table t (id serial primary key, s text)', "insert into t (s) values ('a'), ('b'); drop sequence t_id_seq cascade"],
    ['of its own column, where an identity was', 'create table t (id serial primary key, s text)', 'identity'],
    [
      'of defaults of two tables',
      'create sequence n; create table t (id bigint default nextval($$n$$) primary key, s text); create table u (id int default nextval($$n$$))',
      "insert into t (s) values ('a'); insert into u values (7), (default); insert into t values (3, 'c'); drop sequence n cascade",
    ],
    [
      'that counts down',
      'create sequence n increment -1; create table t (id int default nextval($$n$$) primary key, s text)',
      "insert into t (s) values ('a'), ('b'); drop sequence n cascade",
    ],
    [
      'that begins further up',
      'create sequence n minvalue 100; create table t (id int default nextval($$n$$) primary key, s text)',
      "insert into t values (5, 'a'); drop sequence n cascade",
    ],
    [
      'of partitions',
      'create table t (id serial primary key, s text) partition by range (id); create table t_1 partition of t for values from (0) to (1000)',
      "insert into t (s) values ('a'), ('b'); drop sequence t_id_seq cascade",
    ],
  ])('%s', async (name, norm, accident) => {
    const schema = `again_${name.replaceAll(/\W+/g, '_')}`
    const identity = "create table t (id int generated always as identity primary key, s text); insert into t (s) values ('a'), ('b')"
    const { left } = await mend(schema, norm, accident === 'identity' ? identity : `${norm}; ${accident}`)
    expect(left).toEqual([])
    const ids = async () => (await stage.sql<Array<{ id: number }>>`select id::int from ${stage.sql(`${schema}_seen`)}.t order by abs(id)`).map(({ id }) => id)
    const before = await ids()
    await stage.sql`insert into ${stage.sql(`${schema}_seen`)}.t (s) values ('new')`
    const numbers = await ids()
    expect(numbers).toHaveLength(before.length + 1)
    const next: Readonly<Record<string, number>> = { 'of defaults of two tables': 8, 'that counts down': -3, 'that begins further up': 100 }
    expect(numbers.at(-1)).toBe(next[name] ?? 3)
  })

  it.each([
    ['nobody knows what it counts', 'create sequence n'],
    ['its numbers are part of a text', "create sequence n; create table t (id text default 'A' || nextval('n'))"],
  ])('is left to a person where %s', async (name, norm) => {
    const { steps, left } = await mend(`left_${name.replaceAll(/\W+/g, '_')}`, norm, norm.replace('create sequence n', '').replace(/ default .*'\)/, ''))
    expect(steps).toEqual([])
    expect(left[0]?.reason).toBe('From which number on it has to count, only the data can say: make it by hand.')
  })
})

it('a sequence that is made for all by a migration counts from its start', async () => {
  const [should, is] = await pair('first', 'create table t (id int)', 'create table t (id int); create sequence n start 5')
  expect(migrationOf(should, is, compareStructures(should, is, []))).toContain('\nCREATE SEQUENCE n START WITH 5;\n')
})

describe('what a set does not compare', () => {
  const norm = `create table customer (id bigint primary key, email varchar(20));
    create function ok(t text) returns boolean language sql immutable as $$ select t <> '' $$;
    create view mails as select email from customer where ok(email);
    create index by_email on customer (lower(email));
    create policy fine on customer using (ok(email))`
  const accidents = `drop view mails; create view mails as select id, email from customer;
    drop index by_email; create index by_email on customer (upper(email));
    alter table customer add check (id > 0)`
  const own = `grant select on mails to $role; comment on view mails is 'Its own'; comment on index by_email is 'Its own';
    comment on policy fine on customer is 'Its own'`

  const repairedWithout = async (name: string, ignored: readonly Facet[]) => {
    const [should, is] = await pair(name, norm, `${norm}; ${accidents}`)
    await stage.build(`${name}_other`, norm, accidents, own)
    const other = (await stage.read([`${name}_other`])).get(`${name}_other`)
    if (!other) throw new Error('not read')
    expect(compareStructures(is, other, ignored)).toEqual([])
    const repair = repairOf(should, is, compareStructures(should, is, ignored), ignored)
    expect(await stage.execute(`${name}_other`, sqlOf(repair))).toBe('')
    const after = (await stage.read([`${name}_other`])).get(`${name}_other`)
    if (!after) throw new Error('not read')
    const remaining = compareStructures(should, after, ignored).map(({ key }) => key)
    expect(remaining.toSorted()).toEqual(repair.left.map(({ finding }) => finding).toSorted())
    const ownIn = (structure: Structure) =>
      structure.objects.flatMap(({ kind, of, name: called, facts: { comments, grants } }) =>
        comments || grants ? [{ kind, of, called, comments, grants }] : [],
      )
    expect(ownIn(after)).toEqual(ownIn(other))
    return repair
  }

  it('stays as each target has it, when a view or an index would have to be dropped for it', async () => {
    const { steps, left } = await repairedWithout('own', ['grants', 'comments'])
    expect(steps.map(({ sql }) => sql)).toEqual(['ALTER TABLE customer DROP CONSTRAINT customer_id_check'])
    expect(left.map(({ reason }) => reason)).toEqual([
      'View mails would have to be dropped and made again. This set does not compare comments and rights: each tenant may have its own, and would lose it.',
      'Index by_email of customer would have to be dropped and made again. This set does not compare comments: each tenant may have its own, and would lose it.',
    ])
  })

  it('is left as it is also where it hangs on something else that changes', async () => {
    const returns = (type: string) =>
      `create table t (id int); create function one() returns ${type} language sql as 'select 1'; create view ones as select one() as one from t`
    const [should, is] = await pair('hang', returns('bigint'), returns('int'))
    const findings = compareStructures(should, is, ['grants'])
    expect(repairOf(should, is, findings).steps).not.toEqual([])
    const { steps, left } = repairOf(should, is, findings, ['grants'])
    expect(steps).toEqual([])
    expect(left.map(({ finding }) => finding).toSorted()).toEqual(findings.map(({ key }) => key).toSorted())
  })

  it('does not hinder where it cannot be lost', async () => {
    const [should, is] = await pair('keep', norm, `${norm}; drop index by_email; create index by_email on customer (upper(email))`)
    const repair = repairOf(should, is, compareStructures(should, is, ['owner', 'grants']), ['owner', 'grants'])
    expect(repair.left).toEqual([])
    expect(repair.steps).toHaveLength(2)
  })
})
