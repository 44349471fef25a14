/** Queries of every sort over tables of every type: as a report's text, and as a union written by hand. */

export const reportFiles = {
  '0001_init.sql': `create type mood as enum ('sad', 'glad');
create domain cents as bigint check (value >= 0);
create table site (id bigint generated always as identity primary key, name text not null, parent bigint references site);
create table work (id bigint generated always as identity primary key, site_id bigint references site, day date not null, hours numeric(8,3) not null, mood mood, price cents, tags text[] not null, extra jsonb not null);
create table odd (i2 smallint, i4 integer, i8 bigint, n numeric, f4 real, f8 double precision, b boolean, t text, vc varchar(9), bc char(5), c "char", nm name, by bytea, d date, ti time, tt timetz, ts timestamp, tz timestamptz, iv interval,
  u uuid, j json, jb jsonb, ip inet, ci cidr, mac macaddr, bi bit(3), vb varbit, r4 int4range, rn numrange, rz tstzrange, dr daterange, mr int4multirange, a4 integer[], an numeric[], ats timestamptz[], am mood[], m mood, p cents,
  pt point, bx box, pg polygon, tv tsvector, tq tsquery, x xml, mo money, o oid);
create function own_rate(cents) returns numeric language sql immutable as 'select round($1 * 1.19, 2)';
`,
}

/** What a tenant's tables hold: the more, the higher its number. */
export const reportRows = (schema: string, index: number): string =>
  `set search_path = ${schema}; set timezone = 'Asia/Kathmandu';
      insert into site (name, parent) values ('north', null), ('south', 1), ('south-west', 2);
      insert into work (site_id, day, hours, mood, price, tags, extra)
        select 1 + n % 3, date '2026-01-01' + n, n * 1.375 + ${index}, case n % 3 when 0 then 'sad' when 1 then 'glad' end::mood, n * 100, array['t' || n % 4, E'a\\tb\\\\c"d', null],
          jsonb_build_object('n', n, 'big', 12345678901234567890.5, 'k', array[n]) from generate_series(1, 40 + ${index}) n;
      insert into odd values (-32768, 2147483647, 9223372036854775807, 12345678901234567890.123456789012345, 0.1, 0.1::float8 + 0.2, true, E'tab\\t nl\\n cr\\r bs\\\\ \\\\N ünï', 'vc', 'bc', 'c', 'nm', '\\x00ff5c0a',
        '0044-03-15 BC', '23:59:59.999999', '12:00+05:45', 'infinity', '2026-03-29 02:30:00.123456+01', '1 mon -2 days 03:04:05.000006', '3f2b8c1e-0d4a-4f6b-9a57-1c2d3e4f5a6b',
        '{"a" :  1.0, "a":2}', '{"a": 1.00}', '10.0.0.1/8', '10.0.0.0/8', '08:00:2b:01:02:03', '101', '10101', '[1,5)', '(,1.50]', '["2026-01-01 00:00+02",)', '[2026-01-01,2026-02-01)', '{[1,3),[7,9)}',
        '{1,NULL,3}', '{1.50,NaN}', '{"2026-01-01 00:00+05:45",infinity}', '{sad,glad}', 'glad', 42, '(1.5,2)', '((0,0),(1,1))', '((0,0),(1,1),(2,0))', 'a:1A fat:2', 'fat & rat', '<a>b</a>', 12.34, 4294967295);
      insert into odd (n, f4, f8, t) values ('NaN', 'NaN', '-Infinity', ''), (null, null, null, null)`

/** `@` stands before each table: nothing in a report, the tenant's schema in the union. */
export const reportQueries: readonly string[] = [
  'select * from @odd',
  'select count(*) as n, sum(hours) as hours, avg(hours) as mean, min(day) as first, max(day) as last, stddev(hours) as spread from @work',
  'select site_id, sum(hours) filter (where price > 1000) as dear, count(distinct day) as days from @work group by site_id having count(*) > 3',
  'select id, day, hours, sum(hours) over (partition by site_id order by day rows between 2 preceding and current row) as running, lag(hours) over w as before from @work window w as (order by id)',
  "with recursive up as (select id, name, 0 as depth from @site where parent is null union all select s.id, up.name || '/' || s.name, depth + 1 from @site s join up on s.parent = up.id) select * from up",
  'with busy as materialized (select site_id, count(*) as n from @work group by 1) select s.name, busy.n from @site s left join busy on busy.site_id = s.id',
  'select s.name, w.day, w.hours from @site s cross join lateral (select day, hours from @work w where w.site_id = s.id order by hours desc limit 2) w',
  "select name from @site union select unnest(tags) from @work except values ('t1')",
  'select distinct on (site_id) site_id, id, hours from @work order by site_id, hours desc, id',
  'select site_id, day, sum(hours) as hours, grouping(site_id, day) as level from @work where id < 7 group by cube (site_id, day)',
  'select percentile_cont(0.9) within group (order by hours) as p90, mode() within group (order by mood) as mood from @work',
  "select id, extra ->> 'n' as n, extra -> 'big' as big, jsonb_array_length(extra -> 'k') as k, to_json(tags) as tags from @work where extra @> '{\"n\": 5}' or id < 3",
  'select e.key, e.value from @work, jsonb_each(extra) e where id <= 2',
  'select tags, tags[1:2] as slice, cardinality(tags) as n, array_agg(id order by id) as ids from @work group by tags',
  "select daterange(min(day), max(day), '[]') as span, max(day) - min(day) as days, age(max(day), min(day)) as age, date_trunc('month', max(day)::timestamptz) as month from @work",
  "select mood, price, own_rate(price) as gross, mood::text || '!' as word from @work where price is not null limit 1000",
  "select d::date as day, coalesce(sum(w.hours), 0) as hours from generate_series(date '2026-01-01', date '2026-02-20', interval '1 day') d left join @work w on w.day = d::date group by 1",
  "select to_tsvector('simple', name) @@ to_tsquery('simple', 'south') as hit, ts_rank(to_tsvector('simple', name), to_tsquery('simple', 'south')) as rank, name from @site",
  'select ntile(4) over (order by hours) as quarter, rank() over (order by mood nulls first) as place, first_value(day) over (order by id) as first from @work',
  "select (w).hours as hours, w.id::text as id from @work w where exists (select from @site s where s.id = w.site_id and s.name like 's%') intersect all select hours, id::text from @work",
  "values (1, 0.1::numeric, 'x'::text, null::timestamptz), (2, 1e-30, null, '2026-01-01 00:00+14')",
  "select string_agg(name, E'\\n' order by id) as names, md5(string_agg(name, '')) as sum, encode(sha256(convert_to(string_agg(name, ''), 'UTF8')), 'hex') as hash from @site",
  "select id, count(*) over (order by day range between interval '3 days' preceding and current row exclude current row) as near, percent_rank() over (order by hours) as place, nth_value(hours, 2) over (partition by site_id order by id) as second from @work",
  "select site_id, array_agg(distinct mood::text order by mood::text) as moods, bool_or(hours > 10) as long, every(price >= 0) as priced, string_agg(day::text, ',' order by day desc) as days from @work group by rollup (site_id)",
  "select jsonb_object_agg(name, id order by id) as sites, (select jsonb_agg(jsonb_build_object('day', day, 'hours', hours) order by id) from @work where id < 4) as first, to_char(sum(parent), 'FM0000.00') as parents from @site",
]

const named = (query: string): string => (query.startsWith('values') ? `select * from (${query}) v (a, b, c, d)` : query)

/** As if there were one tenant. */
export const reportTextOf = (query: string): string =>
  named(query).replaceAll('@', (_sign, at: number, whole: string) => (/\w/.test(whole[at + 1] ?? '') ? '' : '@'))

/** One tenant's part of the union. */
export const unionPartOf = (query: string, slug: string, schema: string): string => {
  const own = named(query)
    .replaceAll('own_rate(', `${schema}.own_rate(`)
    .replaceAll(/@(?=\w)/g, `${schema}.`)
  return `select '${slug}'::text as tenant, q.* from (${own}) q`
}
