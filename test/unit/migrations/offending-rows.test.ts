import { describe, expect, it } from 'vitest'
import { offendingRowsQuery } from '../../../lib/tenancy/migrations/offending-rows.ts'
import { parseStatements } from '../../../lib/tenancy/sql/statements.ts'

const queryFor = async (code: string, constraint: string | null, sql: string): Promise<string | null> => {
  const [statement] = await parseStatements(sql)
  return statement ? offendingRowsQuery(code, 'tenant_acme', constraint, statement) : null
}

describe('the rows in the way', () => {
  it.each([
    [
      'of a check',
      '23514',
      'positive',
      'alter table invoice add constraint positive check (total >= 0)',
      'SELECT * FROM "tenant_acme"."invoice" WHERE NOT (total >= 0) LIMIT 50',
    ],
    [
      'of a check with brackets and quotes',
      '23514',
      'valid',
      `alter table "Invoice" add column x int, add constraint valid check ((a + (b)) > 0 and note <> 'a) "b' and "odd)" is null)`,
      `SELECT * FROM "tenant_acme"."Invoice" WHERE NOT ((a + (b)) > 0 and note <> 'a) "b' and "odd)" is null) LIMIT 50`,
    ],
    [
      'of the second of two checks',
      '23514',
      'b_ok',
      'alter table t add constraint a_ok check (a > 0), add constraint b_ok check (b > 0)',
      'SELECT * FROM "tenant_acme"."t" WHERE NOT (b > 0) LIMIT 50',
    ],
    [
      'of a column that may not be empty',
      '23502',
      null,
      'alter table invoice alter column total set not null',
      'SELECT * FROM "tenant_acme"."invoice" WHERE "total" IS NULL LIMIT 50',
    ],
    [
      'of a unique index',
      '23505',
      'one',
      'create unique index one on customer (email, lower_name)',
      'SELECT "email", "lower_name", count(*) FROM "tenant_acme"."customer" GROUP BY "email", "lower_name" HAVING count(*) > 1 LIMIT 50',
    ],
    [
      'of a unique constraint',
      '23505',
      'one',
      'alter table customer add constraint one unique (email)',
      'SELECT "email", count(*) FROM "tenant_acme"."customer" GROUP BY "email" HAVING count(*) > 1 LIMIT 50',
    ],
    [
      'of a foreign key',
      '23503',
      'fk',
      'alter table orders add constraint fk foreign key (customer_id, "Part") references customer (id, part)',
      'SELECT c.* FROM "tenant_acme"."orders" c WHERE c."customer_id" IS NOT NULL AND c."Part" IS NOT NULL AND NOT EXISTS (SELECT FROM "tenant_acme"."customer" p WHERE p."id" = c."customer_id" AND p."part" = c."Part") LIMIT 50',
    ],
  ])('%s are found by a query', async (_, code, constraint, sql, query) => {
    expect(await queryFor(code, constraint, sql)).toBe(query)
    // What a person pastes must at least be SQL.
    expect(await parseStatements(query)).toHaveLength(1)
  })

  it.each([
    ['an index over an expression', '23505', 'create unique index one on customer (lower(email))'],
    ['a foreign key that names no columns there', '23503', 'alter table orders add foreign key (customer_id) references customer'],
    ['another error of such a statement', '42P07', 'create unique index one on customer (email)'],
    ['a statement that is no change of a table', '23505', 'insert into customer select * from other'],
    ['a block of code', '23514', 'do $$ begin end $$'],
  ])('cannot be told for %s', async (_, code, sql) => {
    expect(await queryFor(code, null, sql)).toBeNull()
  })
})
