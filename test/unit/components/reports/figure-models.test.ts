import { describe, expect, it } from 'vitest'
import { alertWords, drawFigure, figureText, figureWorries, lineWords, newest, partWords, sourceWords } from '@/components/reports/figure-model'
import { cronWords, momentIn, presets, timeZones } from '@/components/reports/schedule-model'
import type { FigureValue, ReportFigureInput } from '@/lib/tenancy/contract'

const at = (value: string | null, run: number, answered = 5): FigureValue => ({
  run,
  at: '2026-01-01T00:00:00.000Z',
  value,
  isBeyond: value !== null && Number(value) > 90,
  problem: null,
  answered,
  tenants: 5,
})
const figure: ReportFigureInput = { name: 'Seats', source: 'rows', aggregate: 'sum', column: 'seats', isPinned: true, line: { kind: 'above', value: '90' } }

describe('a schedule in words', () => {
  it.each([
    ['0 * * * *', 'every hour'],
    ['15 * * * *', 'every hour at 15 past'],
    ['0 6 * * *', 'every day at 06:00'],
    ['30 18 * * 1-5', 'on weekdays at 18:30'],
    ['0 6 * * 7', 'on Sundays at 06:00'],
    ['0 6 1 * *', 'on day 1 of the month at 06:00'],
    ['* * * * *', 'every minute'],
    ['*/1 * * * *', 'every minute'],
    ['*/5 * * * *', 'every 5 minutes'],
    ['*/5 6 * * *', 'by cron */5 6 * * *'],
    ['0 6 1 1 *', 'by cron 0 6 1 1 *'],
  ])('%s is %s', (cron, words) => expect(cronWords(cron)).toBe(words))
  it('has words of its own for each that is offered', () => expect(presets.filter(({ cron }) => cronWords(cron).includes('*'))).toEqual([]))
  it('shows moments as clocks of the zone do', () => {
    expect(momentIn('2026-11-23T05:00:00.000Z', 'Europe/Berlin')).toContain('06:00')
    expect(momentIn('2026-11-23T05:00:00.000Z', 'Nowhere/AtAll')).toContain('05:00')
  })
  it('offers zones under the names that they have now', () => {
    expect(timeZones()).toEqual(expect.arrayContaining(['Asia/Kolkata', 'Europe/Kyiv', 'America/Argentina/Buenos_Aires', 'Europe/Berlin']))
    for (const timeZone of timeZones()) expect(() => new Intl.DateTimeFormat('en', { timeZone })).not.toThrow()
    expect(timeZones()).not.toContain('Asia/Calcutta')
  })
  it('offers UTC first, once', () => expect([timeZones()[0], timeZones().filter((zone) => zone === 'UTC').length]).toEqual(['UTC', 1]))
})

describe('a figure', () => {
  it('says what it is made of, and when it alerts', () => {
    expect(sourceWords(figure)).toBe('sum of seats over all rows')
    expect(sourceWords({ ...figure, aggregate: 'count', column: null })).toBe('number of rows')
    expect(sourceWords({ ...figure, source: 'combined', aggregate: null })).toBe('seats of the first combined row')
    expect([lineWords(figure), lineWords({ line: null })]).toEqual(['alerts above 90', ''])
    expect(alertWords({ line: figure.line, trend: [at('12', 1), at('1234.5', 2)] })).toBe('1,234.5 is above 90')
    // The newest run came to no number.
    expect(alertWords({ line: figure.line, trend: [at('1234.5', 1), at(null, 2)] })).toBe('1,234.5 was above 90')
  })
  it('says of how many tenants it is where not all have answered', () => {
    expect([partWords(at('12', 1)), partWords(at('12', 1, 3)), partWords(null)]).toEqual(['', 'from 3 of 5 tenants', ''])
    expect(partWords({ answered: 1, tenants: 1234 })).toBe('from 1 of 1,234 tenants')
    const { line } = figure
    expect(alertWords({ line, trend: [at('91', 1, 3)] })).toBe('91 from 3 of 5 tenants is above 90')
    expect(alertWords({ line, trend: [at('91', 1, 3), at(null, 2)] })).toBe('91 from 3 of 5 tenants was above 90')
  })
  it('says of which value an alert is that goes on, and why the newest one does not end it', () => {
    const { line } = figure
    expect(alertWords({ line, trend: [at('91', 1), at('12', 2, 3)] })).toBe('91 was above 90 (12 from 3 of 5 tenants does not end it)')
    expect(alertWords({ line, trend: [at('91', 1), at('12', 2, 3), at(null, 3)] })).toBe('91 was above 90 (12 from 3 of 5 tenants does not end it)')
    expect(alertWords({ line, trend: [at('91', 1), at('12', 2, 3), at('95', 3)] })).toBe('95 is above 90')
    // The value that began it is older than those that are told.
    expect(alertWords({ line, trend: [at('12', 2, 3)] })).toBe('it was above 90 (12 from 3 of 5 tenants does not end it)')
  })
  it('writes numbers as people read them, and what is none as it is', () =>
    expect([null, '1234.567', '12000000000', 'NaN'].map(figureText)).toEqual(['–', '1,234.57', '12B', 'NaN']))
  it('is drawn from its oldest to its newest value, with the line where that is in sight', () => {
    const trend = [at('80', 1), at(null, 2), at('100', 3)]
    expect(newest({ trend })?.run).toBe(3)
    expect(drawFigure({ trend, line: figure.line }, 100, 20)).toEqual({ path: 'M0 20L100 0', last: { x: 100, y: 0 }, lineY: 10 })
    expect(drawFigure({ trend, line: { kind: 'below', value: '5' } }, 100, 20)?.lineY).toBeNull()
    expect(drawFigure({ trend: [at('5', 1), at('5', 2)], line: null }, 100, 20)?.path).toBe('M0 10L100 10')
    expect(drawFigure({ trend: trend.slice(0, 2), line: null }, 100, 20)).toBeNull()
  })
})

describe('figures that need somebody', () => {
  const pinned = (trend: readonly FigureValue[], alertingSince: string | null) => ({
    ...figure,
    id: 1,
    report: { id: 7, name: 'Seats per tenant' },
    trend,
    alertingSince,
  })
  it('are those beyond their line and those that came to nothing', () => {
    const failed = { ...at(null, 2), problem: 'column "seats" does not exist' }
    const since = '2026-01-01T00:00:00.000Z'
    expect(
      figureWorries([
        pinned([at('12', 1)], null),
        pinned([at('91', 1)], since),
        pinned([at('91', 1, 2)], since),
        pinned([at('91', 1), at('12', 2, 2)], since),
        pinned([at('12', 1), failed], null),
      ]),
    ).toEqual([
      { kind: 'figure', text: 'Seats: 91 is above 90', href: '/reports/7' },
      { kind: 'figure', text: 'Seats: 91 from 2 of 5 tenants is above 90', href: '/reports/7' },
      { kind: 'figure', text: 'Seats: 91 was above 90 (12 from 2 of 5 tenants does not end it)', href: '/reports/7' },
      { kind: 'figure', text: 'Seats: the newest run of Seats per tenant came to no figure', href: '/reports/7' },
    ])
  })
})
