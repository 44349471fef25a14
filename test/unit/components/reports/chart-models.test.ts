import { describe, expect, it } from 'vitest'
import { barsOf, distributionOf, heatOf, linesOf, timeIn } from '@/components/reports/chart-data'
import { cutWords, drawChart } from '@/components/reports/chart-drawn'
import { fitSpec, kindsFor, readAsked, readKept, withSpec, type ChartSpec } from '@/components/reports/chart-spec'
import { quartilesOf, roundStep, shortNumber, spreadOf } from '@/components/reports/chart-stats'
import { combineTables, suggestionsFor } from '@/components/reports/combine-model'
import type { ReportColumn, ReportRow } from '@/lib/tenancy/contract'

const columns: readonly ReportColumn[] = [
  { name: 'tenant', type: 'text' },
  { name: 'day', type: 'date' },
  { name: 'site', type: 'text' },
  { name: 'hours', type: 'numeric' },
]
const rows: readonly ReportRow[] = [
  ['acme', '2026-01-01', 'north', '1.5'],
  ['acme', '2026-01-02', 'south', '2'],
  ['globex', '2026-01-01', 'north', '4'],
  ['globex', '2026-01-02', null, null],
]
const spec = (part: Partial<ChartSpec>): ChartSpec => ({ kind: 'bar', x: 'site', y: 'hours', by: null, aggregate: 'sum', ...part })

describe('what can be drawn', () => {
  it('is what there are columns for', () => {
    expect(kindsFor(columns)).toEqual(['bar', 'line', 'distribution', 'heat'])
    expect(kindsFor(columns.filter(({ name }) => name !== 'day'))).toEqual(['bar', 'distribution'])
    expect(kindsFor(columns.filter(({ name }) => name !== 'hours'))).toEqual([])
    expect(kindsFor([{ name: 'total', type: 'bigint' }])).toEqual([])
  })
  it('begins with time where there is any, else with a name of the report’s own', () => {
    expect(fitSpec(columns, {})).toEqual(spec({ kind: 'line', x: 'day' }))
    expect(fitSpec(columns, { kind: 'bar' })).toMatchObject({ x: 'site' })
    expect(fitSpec([{ name: 'a', type: 'text' }], {})).toBeNull()
  })
  it('takes the nearest to what an address or a report asks for', () => {
    expect(fitSpec(columns, readAsked(new URLSearchParams('chart=heat&y=gone&agg=avg')))).toEqual(spec({ kind: 'heat', x: 'day', aggregate: 'avg' }))
    expect(fitSpec(columns, readKept({ kind: 'pie', x: 3, aggregate: 'max', other: true }))).toMatchObject({ kind: 'line', aggregate: 'max' })
  })
  it('comes back out of the address that it was put into', () => {
    const asked = spec({ kind: 'line', x: 'day', by: 'tenant', aggregate: 'max' })
    expect(fitSpec(columns, readAsked(withSpec(new URLSearchParams('tab=chart&by=old'), asked)))).toEqual(asked)
  })
})

describe('numbers of a chart', () => {
  it('adds up by what stands along the bottom, the largest first; rows without a number are left out', () =>
    expect(barsOf(columns, rows, spec({}))).toEqual({ labels: ['north', 'south'], values: [5.5, 2], leftOut: 0 }))
  it('counts rows without a number where rows are counted', () =>
    expect(barsOf(columns, rows, spec({ aggregate: 'count' })).labels).toEqual(['north', 'south', '(none)']))
  it('says how many bars it has no room for', () => {
    const many = Array.from({ length: 100 }, (_, index): ReportRow => [`t${index}`, null, `s${index}`, String(index)])
    const { labels, leftOut } = barsOf(columns, many, spec({}))
    expect([labels.length, labels[0], leftOut]).toEqual([30, 's99', 70])
  })
  it('draws a line for each tenant, with gaps where there is nothing', () => {
    const { times, series } = linesOf(columns, rows, spec({ kind: 'line', x: 'day', by: 'tenant' }))
    expect(times).toEqual([Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 2)])
    expect(series).toEqual([
      { name: 'globex', values: [4, null] },
      { name: 'acme', values: [1.5, 2] },
    ])
  })
  it('lays tenants by time, the largest tenant first', () =>
    expect(heatOf(columns, rows, spec({ kind: 'heat', x: 'day' }))).toEqual({
      tenants: ['globex', 'acme'],
      times: ['2026-01-01', '2026-01-02'],
      cells: [
        [4, null],
        [1.5, 2],
      ],
      most: 4,
      leftOut: 0,
    }))
  it('names tenants that are far from the others', () => {
    const usual = Array.from({ length: 40 }, (_, index): ReportRow => [`t${index}`, null, null, String(10 + (index % 5))])
    const found = distributionOf(columns, [...usual, ['giant', null, null, '900'], ['big', null, null, '60']], spec({ kind: 'distribution', x: null }))
    expect(found?.outliers.map(({ tenant }) => tenant)).toEqual(['giant', 'big'])
    expect(found?.bins.reduce((sum, { count }) => sum + count, 0)).toBe(42)
  })
  it('has no distribution of nothing, and one bin for one number', () => {
    expect(distributionOf(columns, [], spec({ kind: 'distribution', x: null }))).toBeNull()
    expect(distributionOf(columns, rows.slice(2, 3), spec({ kind: 'distribution', x: null }))?.bins).toEqual([{ from: 4, to: 4, count: 1 }])
  })
  it.each([
    ['2026-01-31', Date.UTC(2026, 0, 31)],
    ['2026-01-31 08:00:00+00', Date.UTC(2026, 0, 31, 8)],
    ['2026-01-31 08:00:00.25', Date.UTC(2026, 0, 31, 8, 0, 0, 250)],
    ['infinity', null],
    [null, null],
  ])('reads %s as PostgreSQL writes it', (text, time) => expect(timeIn(text)).toBe(time))
})

describe('what is said of a chart', () => {
  it('puts numbers first, and has a table of what is drawn', () => {
    expect(drawChart(columns, rows, spec({}))).toMatchObject({
      title: 'hours for each site',
      sentence: '5.5 is the most, of north.',
      table: [
        ['north', '5.5'],
        ['south', '2'],
      ],
    })
    expect(drawChart(columns, rows, spec({ kind: 'line', x: 'day', aggregate: 'avg' }))).toMatchObject({
      title: 'average hours over day',
      sentence: '2 times from 2026-01-01 to 2026-01-02.',
      table: [
        ['2026-01-01', '2.75'],
        ['2026-01-02', '2'],
      ],
    })
    expect(drawChart(columns, rows, spec({ kind: 'distribution', x: null }))?.sentence).toContain('is the median of 2 tenants')
    expect(drawChart(columns, rows, spec({ kind: 'heat', x: 'day' }))?.sentence).toBe('2 tenants by 2 times; 4 is the most.')
  })
  it('does not single out one of several that are the most', () => {
    const alike = ['a', 'b', 'c'].map((site): ReportRow => ['acme', null, site, '5'])
    expect(drawChart(columns, alike, spec({}))?.sentence).toBe('5 is the most, of a and 2 others.')
  })
  it('draws nothing of no numbers', () => expect(drawChart(columns, rows.slice(3), spec({ kind: 'distribution', x: null }))).toBeNull())
})

describe('rows that are cut', () => {
  const dated = (slug: string, count: number): readonly ReportRow[] =>
    Array.from({ length: count }, (_, index): ReportRow => [slug, `2026-01-${String((index % 5) + 1).padStart(2, '0')}`, 'north', '1'])
  const slugs = Array.from({ length: 20 }, (_, index) => `t${String(index).padStart(2, '0')}`)
  const cut = [...slugs.flatMap((slug) => dated(slug, 40)), ...dated('u', 3)]
  const distribution = spec({ kind: 'distribution', x: null })
  const isWhole = (drawn: ReturnType<typeof drawChart>): boolean => !JSON.stringify(drawn).includes('"u"')

  it('say nothing of the tenant that they may end within', () => {
    expect(drawChart(columns, cut, distribution)?.outliers.map(({ tenant }) => tenant)).toEqual(['u'])
    const drawn = drawChart(columns, cut, distribution, true)
    expect(drawn?.outliers).toEqual([])
    expect(drawn?.sentence).toContain('40 is the median of 20 tenants')
    expect(drawChart(columns, cut.toReversed(), distribution, true)?.sentence).toContain('of 20 tenants')
    const perTenant = [spec({ x: 'tenant', aggregate: 'avg' }), spec({ kind: 'heat', x: 'day' }), spec({ kind: 'line', x: 'day', by: 'tenant' })]
    for (const each of perTenant) {
      const few = cut.slice(-83)
      expect([isWhole(drawChart(columns, few, each)), isWhole(drawChart(columns, few, each, true))], each.kind).toEqual([false, true])
    }
  })
  it('are all added up by what is no tenant', () => expect(drawChart(columns, cut, spec({}), true)?.sentence).toBe(drawChart(columns, cut, spec({}))?.sentence))
  it('still name a tenant that is there as a whole and far from the others', () => {
    const drawn = drawChart(columns, [...dated('giant', 900), ...cut], distribution, true)
    expect(drawn?.outliers).toEqual([{ tenant: 'giant', value: 900 }])
  })
  it('name nobody where each tenant may have more of them', () => {
    const mixed = [...cut, ...dated('t00', 1)]
    const unordered = [...dated('v', 40), ...cut]
    for (const rowsOf of [mixed, unordered])
      for (const each of [distribution, spec({ kind: 'heat', x: 'day' })]) expect(drawChart(columns, rowsOf, each, true)?.outliers).toEqual([])
    expect(drawChart(columns, mixed, distribution, true)?.sentence).toContain('of 21 tenants')
  })
  it('draw nothing of tenants where they are one tenant’s alone', () => {
    expect(drawChart(columns, dated('u', 3), distribution, true)).toBeNull()
    expect(drawChart(columns, dated('u', 3), spec({ x: 'tenant' }), true)).toBeNull()
  })
  it('are said to be cut, with what helps', () => {
    const advice = 'To draw all, add them up in the combining SELECT, such as by GROUP BY tenant, or ask fewer tenants.'
    expect(cutWords(columns, cut, distribution, { isCombined: false, total: 18_000 })).toBe(
      `Drawn from the first 803 of 18,000 rows, without u, of which there may be more. ${advice}`,
    )
    expect(cutWords(columns, cut, distribution, { isCombined: true, total: null })).toBe(
      `Drawn from the first 803 combined rows of more, without u, of which there may be more. ${advice}`,
    )
    expect(cutWords(columns, cut, spec({}), { isCombined: true, total: null })).toBe(`Drawn from the first 803 combined rows of more. ${advice}`)
    expect(cutWords(columns, [...cut, ...dated('t00', 1)], distribution, { isCombined: true, total: null })).toBe(
      `Drawn from the first 804 combined rows of more; of each tenant there may be more. ${advice}`,
    )
  })
})

describe('what is usual', () => {
  it('calls nobody far from the others where all but few are one number', () => {
    const values = [...Array.from({ length: 20 }, () => 5), 6, 500]
    const quartiles = quartilesOf(values)
    if (quartiles === null) throw new Error('there are numbers')
    const { high } = spreadOf(values, quartiles)
    expect(high).toBeGreaterThan(6)
    expect(high).toBeLessThan(500)
  })
  it('finds quartiles between numbers', () => expect(quartilesOf([1, 2, 3, 4])).toEqual({ least: 1, lower: 1.75, median: 2.5, upper: 3.25, most: 4 }))
  it('begins bins at round numbers', () => {
    expect([0.7, 1, 1.2, 3, 7, 80].map(roundStep)).toEqual([1, 1, 2, 5, 10, 100])
    const values = [0.1, 0.2, 0.3, 12]
    const quartiles = quartilesOf(values)
    if (quartiles === null) throw new Error('there are numbers')
    expect(spreadOf(values, quartiles).bins[0]?.from).toBe(0)
  })
  it('writes large numbers short', () => expect(shortNumber(1_234_567)).toBe('1.235M'))
})

describe('a second SELECT', () => {
  it('is suggested for the numbers that there are, with names quoted where they need it', () => {
    expect(suggestionsFor(columns).map(({ label }) => label)).toEqual(['Totals', 'Top ten', 'Percentiles', 'By database'])
    expect(suggestionsFor([{ name: 'Net "sum"', type: 'numeric' }])[0]?.sql).toContain('sum("Net ""sum""") as "Net ""sum"""')
    expect(suggestionsFor([{ name: 'order', type: 'integer' }])[0]?.sql).toContain('sum("order") as "order"')
    expect(suggestionsFor([{ name: 'site', type: 'text' }])).toHaveLength(1)
  })
  it('may name results and tenants', () => expect(Object.keys(combineTables(columns))).toEqual(['results', 'tenants']))
})
