import { describe, expect, it } from 'vitest'
import { barEntries, matches } from '../../../components/shell/command-bar-model.ts'
import { placesFor } from '../../../components/shell/places.ts'

const sources = {
  typed: '',
  tenants: [],
  openRuns: [{ id: 7, set: 'app', state: 'running' as const }],
  places: placesFor('admin'),
  mayOnboard: true,
  mayReport: true,
}
const labels = (part: Partial<Parameters<typeof barEntries>[0]>): readonly string[] => barEntries({ ...sources, ...part }).map(({ label }) => label)

describe('what the jump bar offers', () => {
  it('shows open runs, pages and actions before anything is typed', () => {
    expect(labels({})[0]).toBe('Run 7 of app')
    expect(labels({})).toContain('Tenants')
    expect(labels({}).at(-1)).toBe('Sign out')
  })

  it('puts tenants that were found first, whatever letters the actions share with them', () =>
    expect(labels({ typed: 'ahr', tenants: [{ slug: 'ahrens-roofing', name: 'Ahrens Roofing' }] })).toEqual(['Ahrens Roofing']))

  it('opens any run by its number, once', () => {
    expect(labels({ typed: '42' })[0]).toBe('Open run 42')
    expect(labels({ typed: 'run 7' }).filter((label) => label.includes('7'))).toEqual(['Open run 7'])
  })

  it('offers no onboarding to those who may not', () => expect(labels({ typed: 'onboard', mayOnboard: false })).toEqual([]))
  it('offers a report to those who may write one', () => {
    expect(labels({ typed: 'write rep' })).toEqual(['Write a report'])
    expect(labels({ typed: 'write rep', mayReport: false })).toEqual([])
  })
  it('matches the beginnings of words, in any order', () => {
    expect(matches('Onboard tenants from a CSV file', 'csv onb')).toBe(true)
    expect(matches('Show the keyboard shortcuts', 'ahr')).toBe(false)
    expect(matches('anything', '  ')).toBe(true)
  })
})
