import { describe, expect, it } from 'vitest'
import { crumbsOf, reportOf, shapeOf } from '../../../components/shell/breadcrumbs-model.ts'
import { runNumberIn } from '../../../components/shell/command-bar-model.ts'
import { isCurrent, placesFor } from '../../../components/shell/places.ts'
import { parseTheme } from '../../../components/shell/theme.ts'

describe('breadcrumbs', () => {
  it('calls the home page the fleet', () => expect(crumbsOf('/')).toEqual([{ label: 'Fleet', href: null, isName: false }]))

  it('links all but the page one is on, and knows names from words', () =>
    expect(crumbsOf('/tenants/acme-inc')).toEqual([
      { label: 'Tenants', href: '/tenants', isName: false },
      { label: 'acme-inc', href: null, isName: true },
    ]))

  it('says that a number after runs is a run', () => expect(crumbsOf('/runs/42').at(-1)?.label).toBe('Run 42'))
  it('knows a report from a run of one, between which there is no page', () => {
    expect(crumbsOf('/reports/7').at(-1)).toEqual({ label: 'Report 7', href: null, isName: false })
    expect(crumbsOf('/reports/runs/42')).toEqual([
      { label: 'Reports', href: '/reports', isName: false },
      { label: 'Run 42', href: null, isName: false },
    ])
    expect([reportOf('/reports/7'), reportOf('/reports/runs/7'), reportOf('/reports/new')]).toEqual([7, null, null])
    expect(crumbsOf('/reports/new').at(-1)?.label).toBe('New')
  })
  it('calls a shape a shape, whose letter the page knows', () => {
    expect(crumbsOf('/drift/app/4be1a0c2d9f7')).toEqual([
      { label: 'Drift', href: '/drift', isName: false },
      { label: 'app', href: '/drift/app', isName: true },
      { label: 'Shape', href: null, isName: false },
    ])
    expect([shapeOf('/drift/my%20app/4be1a0c2d9f7'), shapeOf('/drift/app'), shapeOf('/tenants/a/b')]).toEqual([
      { set: 'my app', shape: '4be1a0c2d9f7' },
      null,
      null,
    ])
  })
  it('survives an address that is no valid encoding', () => expect(crumbsOf('/tenants/%E0%A4%A').at(-1)?.label).toBe('%E0%A4%A'))
})

describe('run numbers in the jump bar', () => {
  it.each([
    ['42', 42],
    ['#42', 42],
    ['run 42', 42],
    ['Run #7', 7],
  ])('“%s” means run %d', (text, run) => expect(runNumberIn(text)).toBe(run))
  it.each(['acme', '42nd street', '', 'run'])('“%s” means no run', (text) => expect(runNumberIn(text)).toBeNull())
})

describe('pages of a role', () => {
  it('shows support no page that would refuse it', () =>
    expect(placesFor('support').map(({ href }) => href)).toEqual(['/', '/tenants', '/runs', '/drift', '/reports']))
  it('gives each page a letter of its own', () => expect(new Set(placesFor('admin').map(({ letter }) => letter)).size).toBe(placesFor('admin').length))
  it('marks a page for everything under it, the home page only for itself', () => {
    expect(isCurrent('/runs', '/runs/42')).toBe(true)
    expect(isCurrent('/', '/runs')).toBe(false)
    expect(isCurrent('/runs', '/runsheet')).toBe(false)
  })
})

it('takes an unknown theme in the cookie for the system’s', () => {
  expect(parseTheme('dark')).toBe('dark')
  expect(parseTheme('"><script>')).toBe('system')
  expect(parseTheme(undefined)).toBe('system')
})
