/** Many things at once, in combinations that nobody chose: what is mended is the norm, and what is left was foretold. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
