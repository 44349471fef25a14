import { describe, expect, it } from 'vitest'
import { describeError, errorTable } from '../../lib/tenancy/contract/index.ts'
import { connectionWords } from '../../lib/tenancy/sql/connection-words.ts'

describe('a refusal for people', () => {
  it.each([
    ['database.in_use', { database: 'app', count: 1 }, 'Database “app” still holds 1 tenant.'],
    ['database.in_use', { database: 'app', count: 2 }, 'Database “app” still holds 2 tenants.'],
    ['set.invalid', { set: 'app', count: 1 }, 'Set “app” was not read: 1 problem in its files.'],
    ['run.nothing_to_do', { count: 1 }, 'Nothing to do: 1 target chosen, none needs anything.'],
    ['run.targets_busy', { run: 5, state: 'paused', count: 1 }, 'Run 5 (Paused) holds 1 of the chosen targets.'],
    ['run.state_conflict', { run: 3, state: 'succeeded', command: 'pause', remedy: '' }, 'Run 3 (Succeeded) does not take “pause” now.'],
  ] as const)('%s counts and names states in words', (code, details, message) => {
    const document = describeError(code, details)
    expect(document.message).toBe(message)
    // Programs read the details, where the words stay as they are.
    expect(document.details).toEqual(details)
  })

  it.each(Object.entries(errorTable))('%s has every word filled in', (code, entry) => {
    const text = `${entry.title} ${'hint' in entry ? entry.hint : ''}`
    const details = Object.fromEntries([...text.matchAll(/\{(\w+)/g)].map(([, key]) => [key, 2]))
    const { message, hint } = describeError(code as keyof typeof errorTable, details)
    expect(`${message} ${hint ?? ''}`).not.toMatch(/[{}|]/)
  })

  it('that names a command names the place in the console as well: the same hint is read in both', () => {
    const hints = Object.entries(errorTable).flatMap(([code, entry]) =>
      'hint' in entry && entry.hint.includes('tenantry ') ? [{ code, hint: entry.hint }] : [],
    )
    expect(hints.length).toBeGreaterThan(2)
    // Before it is set up there is no console to go to.
    expect(hints.filter(({ code, hint }) => code !== 'control.not_ready' && !hint.includes('→'))).toEqual([])
  })

  it.each(['28P01', '28000', '3D000', '53300', 'ECONNREFUSED', 'CONNECT_TIMEOUT', 'unknown'])('says why there is no connection without the code %s', (code) => {
    expect(connectionWords(code)).toMatch(/^[a-z]/)
    expect(connectionWords(code)).not.toContain(code)
  })

  it('keeps a code that it has no words for, for whoever looks it up', () => expect(connectionWords('XX123')).toContain('XX123'))
})
