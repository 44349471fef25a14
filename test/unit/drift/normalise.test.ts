import { describe, expect, it } from 'vitest'
import { optionsOf, settingText, withoutOptions } from '../../../lib/tenancy/drift/snapshot/normalise.ts'
import { privilegesOf, roleName, schemaName } from '../../../lib/tenancy/drift/snapshot/names.ts'
import { viewText } from '../../../lib/tenancy/drift/snapshot/view-text.ts'

const names = { schema: 'shop', owner: 'boss', role: 'shop_role' }

describe('the text of a view up to 15', () => {
  const cases: ReadonlyArray<readonly [on15: string, on16: string]> = [
    [' SELECT c.id,\n    c.mail\n   FROM customer c\n  WHERE (c.feels = 1);', ' SELECT id,\n    mail\n   FROM customer c\n  WHERE (feels = 1);'],
    [' SELECT customer.id\n   FROM other.customer;', ' SELECT id\n   FROM other.customer;'],
    [' SELECT a.id\n   FROM (a\n     JOIN b ON ((a.id = b.id)));', ' SELECT a.id\n   FROM (a\n     JOIN b ON ((a.id = b.id)));'],
    [' SELECT a.id\n   FROM a,\n    b;', ' SELECT a.id\n   FROM a,\n    b;'],
    [" SELECT a.id,\n    'a.id'::text AS said,\n    count(a.*) AS n\n   FROM a;", " SELECT id,\n    'a.id'::text AS said,\n    count(a.*) AS n\n   FROM a;"],
    [' SELECT a.id\n   FROM a\n  WHERE (a.id IN ( SELECT a_1.id FROM a a_1));', ' SELECT id\n   FROM a\n  WHERE (id IN ( SELECT a_1.id FROM a a_1));'],
    [' SELECT x.n\n   FROM generate_series(1, 3) WITH ORDINALITY x(n, o);', ' SELECT n\n   FROM generate_series(1, 3) WITH ORDINALITY x(n, o);'],
    [' SELECT f.f\n   FROM f(1) f(f);', ' SELECT f\n   FROM f(1) f(f);'],
    [' SELECT "A b"."C"\n   FROM "A b";', ' SELECT "C"\n   FROM "A b";'],
    [' SELECT a.id FROM a\nUNION\n SELECT b.id FROM b;', ' SELECT a.id FROM a\nUNION\n SELECT b.id FROM b;'],
    [' SELECT ext.f(a.x) AS f,\n    (a.place).city AS city\n   FROM a;', ' SELECT ext.f(x) AS f,\n    (place).city AS city\n   FROM a;'],
    [' SELECT a.a.a\n   FROM a;', ' SELECT a.a\n   FROM a;'],
    [' SELECT 1 AS one;', ' SELECT 1 AS one;'],
  ]
  it.each(cases)('%j', (on15, on16) => {
    expect(viewText(on15, 150_000)).toBe(on16)
    expect(viewText(on15, 160_000)).toBe(on15)
  })
})

describe('storage parameters', () => {
  it('say a boolean in one way, and numbers as they are', () => {
    expect(optionsOf(['security_barrier=on', 'autovacuum_enabled=0', 'parallel_workers=1', 'fillfactor=70'])).toEqual([
      'autovacuum_enabled=false',
      'fillfactor=70',
      'parallel_workers=1',
      'security_barrier=true',
    ])
    expect(optionsOf(null)).toEqual([])
  })

  it('are taken out of an index where they stand, and nowhere else', () => {
    const where = ` WHERE (x <> ' WITH (fillfactor=''70'')'::text)`
    expect(withoutOptions(`CREATE INDEX i ON t USING btree (x) WITH (fillfactor='70')${where}`, ['fillfactor=70'], where)).toBe(
      `CREATE INDEX i ON t USING btree (x)${where}`,
    )
    expect(withoutOptions('CREATE INDEX i ON t USING gin (x) WITH (fastupdate=off)', ['fastupdate=off'], '')).toBe('CREATE INDEX i ON t USING gin (x)')
    expect(withoutOptions('CREATE INDEX i ON t USING btree (x)', null, '')).toBe('CREATE INDEX i ON t USING btree (x)')
  })
})

describe('names', () => {
  it('stand for what they are to the schema, and are not mixed up with those that are called so', () => {
    expect(['shop_role', 'boss', null, 'ada', 'owner', 'public', 'Ada'].map((name) => roleName(name, names))).toEqual([
      'tenant',
      'owner',
      'public',
      'ada',
      '"owner"',
      '"public"',
      '"Ada"',
    ])
    expect(['shop', 'ext', 'own'].map((name) => schemaName(name, names))).toEqual(['own', 'ext', '"own"'])
  })

  it('are found in the path of a function', () => {
    expect(settingText('search_path=shop, public', names)).toBe('search_path=own, public')
    expect(settingText('search_path="Shop", "$user",SHOP', names)).toBe('search_path="Shop", "$user", own')
    expect(settingText('work_mem=8MB', names)).toBe('work_mem=8MB')
  })
})

describe('privileges', () => {
  const own = (privileges: readonly string[]) => privileges.map((one): [string, string, boolean] => ['boss', one, false])
  it('that are the usual ones are not said, whether somebody said them or not', () => {
    const usual = [...own(['INSERT', 'SELECT'])]
    expect(privilegesOf(null, names)).toBeUndefined()
    expect(privilegesOf({ is: usual.toReversed(), usual }, names)).toBeUndefined()
    expect(privilegesOf({ is: null, usual }, names)).toEqual(['nobody'])
  })

  it('are ALL where they are all that the server knows, whether it knows MAINTAIN or not', () => {
    for (const known of [
      ['INSERT', 'SELECT'],
      ['INSERT', 'SELECT', 'MAINTAIN'],
    ]) {
      const usual = own(known)
      const given = known.map((one): [string, string, boolean] => ['shop_role', one, true])
      expect(privilegesOf({ is: [...usual, ...given, [null, 'SELECT', false]], usual }, names)).toEqual(['owner: ALL', 'public: SELECT', 'tenant: ALL*'])
    }
  })
})
