/** Random schemas for drift: pieces of SQL that need each other, so that they can be put together in any order that PostgreSQL takes. */
import { random } from './random.ts'

type Piece = {
  readonly sql: string
  /** The same object made differently. */
  readonly other: string
  /** Pieces that must be there before. */
  readonly needs: readonly number[]
}

export type RandomStructure = {
  /** Twice the same structure, in two orders. */
  readonly one: string
  readonly two: string
  /** As `one` but for a single change. */
  readonly changed: string
  /** What was changed, for people. */
  readonly change: string
}

type Column = { readonly table: string; readonly name: string; readonly type: string; readonly piece: number }

class Builder {
  readonly pieces: Piece[] = []
  readonly columns: Column[] = []
  readonly tables: Array<{ name: string; piece: number }> = []
  readonly enums: Array<{ name: string; piece: number }> = []
  readonly domains: Array<{ name: string; piece: number }> = []
  readonly sequences: Array<{ name: string; piece: number }> = []
  readonly functions: Array<{ name: string; piece: number }> = []
  readonly views: Array<{ name: string; piece: number }> = []
  readonly next: () => number
  readonly role: string
  readonly #done = new Set<string>()
  #names = 0

  constructor(seed: number, role: string) {
    this.next = random(seed)
    this.role = role
  }

  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  pick<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)]
    if (found === undefined) throw new Error('there is nothing to pick from')
    return found
  }

  chance(of: number): boolean {
    return this.next() < of
  }

  /** What is set twice would hide what it was changed to. */
  isFirst(what: string): boolean {
    if (this.#done.has(what)) return false
    this.#done.add(what)
    return true
  }

  name(word: string): string {
    this.#names += 1
    return this.chance(0.1) ? `"${word} ${this.#names}"` : `${word}_${this.#names}`
  }

  add(sql: string, other: string, needs: readonly number[] = []): number {
    this.pieces.push({ sql, other, needs })
    return this.pieces.length - 1
  }
}

const makers: ReadonlyArray<(b: Builder) => void> = [
  (b) => {
    const name = b.name('mood')
    b.enums.push({ name, piece: b.add(`create type ${name} as enum ('a', 'b', 'c')`, `create type ${name} as enum ('a', 'c', 'b')`) })
  },
  (b) => {
    const name = b.name('dom')
    const check = `constraint ${b.name('dc')} check`
    b.domains.push({ name, piece: b.add(`create domain ${name} as text ${check} (value <> '')`, `create domain ${name} as text ${check} (value <> ' ')`) })
  },
  (b) => {
    const name = b.name('seq')
    b.sequences.push({ name, piece: b.add(`create sequence ${name} increment 2`, `create sequence ${name} increment 3`) })
  },
  (b) => {
    const name = b.name('fn')
    const head = `create function ${name}(a int) returns int language plpgsql`
    b.functions.push({
      name,
      piece: b.add(
        `${head} immutable as 'begin return a; end'`,
        `${head} ${b.pick(['stable', 'immutable strict', 'immutable cost 5'])} as 'begin return a; end'`,
      ),
    })
  },
  (b) => column(b),
  (b) => column(b),
  (b) => column(b),
  (b) => {
    const { table, name, piece } = b.pick(b.columns)
    const index = b.name('ix')
    const [key, otherKey] = b.pick([
      [`(${name})`, `(${name} desc)`],
      [`(${name})`, `(${name}) where ${name} is not null`],
      [`(${name}, id)`, `(id, ${name})`],
      [`(id) include (${name})`, `(id)`],
      [`((${name} is null))`, `(${name})`],
    ])
    b.add(`create index ${index} on ${table} ${key}`, `create index ${index} on ${table} ${otherKey}`, [piece])
  },
  (b) => {
    const { table, name, piece } = b.pick(b.columns)
    const head = `alter table ${table} add constraint ${b.name('ck')}`
    b.add(`${head} check (${name} is not null or id > 0)`, `${head} check (${name} is not null or id > 1)`, [piece])
  },
  (b) => {
    const { table, name, piece } = b.pick(b.columns)
    const head = `alter table ${table} add constraint ${b.name('uq')} unique (${name}, id)`
    b.add(head, `${head} deferrable`, [piece])
  },
  (b) => {
    const [from, to] = [b.pick(b.tables), b.pick(b.tables)]
    const head = `alter table ${from.name} add constraint ${b.name('fk')} foreign key (id) references ${to.name} (id)`
    b.add(head, `${head} on delete ${b.pick(['cascade', 'restrict', 'set default'])}`, [from.piece, to.piece])
  },
  (b) => {
    const { table, name, piece } = b.pick(b.columns)
    const view = b.name('vw')
    b.views.push({
      name: view,
      piece: b.add(
        `create view ${view} as select x.id, x.${name} from ${table} x where x.id > 1`,
        `create view ${view} as select x.id, x.${name} from ${table} x where x.id > 2`,
        [piece],
      ),
    })
  },
  (b) => {
    const [view, table, name] = [b.pick(b.views), b.pick(b.tables), b.name('mv')]
    b.add(
      `create materialized view ${name} as select v.id from ${view.name} v join ${table.name} t on t.id = v.id`,
      `create materialized view ${name} as select v.id from ${view.name} v left join ${table.name} t on t.id = v.id`,
      [view.piece, table.piece],
    )
  },
  (b) => {
    const [table, fn] = [b.pick(b.tables), b.pick(b.functions)]
    const head = `create policy ${b.name('po')} on ${table.name}`
    b.add(`${head} using (${fn.name}(id::int) > 0)`, `${head} to ${b.role} using (${fn.name}(id::int) > 0)`, [table.piece, fn.piece])
  },
  (b) => {
    const [table, name] = [b.pick(b.tables), b.name('tf')]
    const fn = b.add(
      `create function ${name}() returns trigger language plpgsql as 'begin return new; end'`,
      `create function ${name}() returns trigger language plpgsql as 'begin return null; end'`,
    )
    const trigger = `create trigger ${b.name('tr')}`
    b.add(
      `${trigger} before insert on ${table.name} for each row execute function ${name}()`,
      `${trigger} before update on ${table.name} for each row execute function ${name}('x')`,
      [table.piece, fn],
    )
  },
  (b) => {
    const { table, name, piece } = b.pick(b.columns)
    if (b.isFirst(`comment ${table}.${name}`)) b.add(`comment on column ${table}.${name} is 'one'`, `comment on column ${table}.${name} is 'two'`, [piece])
  },
  (b) => {
    const table = b.pick(b.tables)
    if (b.isFirst(`grant ${table.name}`)) b.add(`grant select on ${table.name} to ${b.role}`, `grant insert on ${table.name} to public`, [table.piece])
  },
  (b) => {
    const table = b.pick(b.tables)
    if (b.isFirst(`option ${table.name}`))
      b.add(`alter table ${table.name} set (fillfactor = 70)`, `alter table ${table.name} set (fillfactor = 80)`, [table.piece])
  },
  (b) => {
    const { table, name, piece } = b.pick(b.columns)
    if (b.isFirst(`statistics ${table}.${name}`))
      b.add(`create statistics ${b.name('st')} on id, ${name} from ${table}`, `alter table ${table} alter column ${name} set statistics 77`, [piece])
  },
  (b) => {
    const table = b.pick(b.tables)
    if (b.isFirst(`security ${table.name}`))
      b.add(`alter table ${table.name} enable row level security`, `alter table ${table.name} force row level security`, [table.piece])
  },
]

const table = (b: Builder): void => {
  const name = b.name('tb')
  const key = b.name('pk')
  const made = (identity: string): string => `create table ${name} (id bigint generated ${identity} constraint ${key} primary key)`
  b.tables.push({ name, piece: b.add(made('always as identity'), made(b.pick(['by default as identity', 'always as identity (start 5)']))) })
}

/** Of several types, with whatever default fits. */
const column = (b: Builder): void => {
  const on = b.pick(b.tables)
  const name = b.name('co')
  const head = `alter table ${on.name} add column ${name}`
  const needs = [on.piece]
  const push = (type: string, sql: string, other: string, more: readonly number[] = []): void => {
    b.columns.push({ table: on.name, name, type, piece: b.add(`${head} ${sql}`, `${head} ${other}`, [...needs, ...more]) })
  }
  const custom = b.chance(0.5) ? b.pick(b.enums) : b.pick(b.domains)
  const sequence = b.pick(b.sequences)
  const fn = b.pick(b.functions)
  const options: ReadonlyArray<() => void> = [
    () => push('int', 'int', 'bigint'),
    () => push('int', 'int not null default 1', 'int not null default 2'),
    () => push('text', `text collate "C"`, 'text'),
    () => push('text', `varchar(20) default 'x'`, `varchar(21) default 'x'`),
    () => push('int', `int generated always as (1 + 2) stored`, 'int default 3'),
    () => push('custom', custom.name, `${custom.name} not null`, [custom.piece]),
    () => push('int', `bigint default nextval('${sequence.name}')`, 'bigint', [sequence.piece]),
    () => push('int', `int default ${fn.name}(4)`, `int default ${fn.name}(5)`, [fn.piece]),
  ]
  b.pick(options)()
}

/** Any order in which nothing comes before what it needs. */
const ordered = (b: Builder, indexes: readonly number[]): readonly number[] => {
  const rest = new Set(indexes)
  const found: number[] = []
  while (rest.size > 0) {
    const ready = [...rest].filter((index) => (b.pieces[index]?.needs ?? []).every((need) => !rest.has(need)))
    const next = b.pick(ready)
    rest.delete(next)
    found.push(next)
  }
  return found
}

export const randomStructure = (seed: number, role: string): RandomStructure => {
  const b = new Builder(seed, role)
  for (const make of makers.slice(0, 4)) make(b)
  table(b)
  if (b.chance(0.7)) table(b)
  column(b)
  column(b)
  makers[11]?.(b)
  for (let count = 8 + b.below(14); count > 0; count -= 1) b.pick(makers)(b)
  const all = b.pieces.map((_, index) => index)
  const [one, two] = [ordered(b, all), ordered(b, all)]
  const textOf = (indexes: readonly number[], changed = -1): string =>
    indexes.map((index) => (index === changed ? b.pieces[index]?.other : b.pieces[index]?.sql)).join(';\n')
  const needed = new Set(b.pieces.flatMap(({ needs }) => needs))
  const chosen = b.below(all.length)
  // What others stand on can only be made differently.
  const isLeftOut = !needed.has(chosen) && b.chance(0.5)
  return {
    one: textOf(one),
    two: textOf(two),
    changed: isLeftOut ? textOf(one.filter((index) => index !== chosen)) : textOf(one, chosen),
    change: `${isLeftOut ? 'without' : 'with another'}: ${b.pieces[chosen]?.sql ?? ''}`,
  }
}
