import { describe, expect, it } from 'vitest'
import {
  emptyOnboardForm,
  outcomeOf,
  ownSlugProblem,
  previewSentence,
  readOnboardForm,
  slugOf,
  type OnboardForm,
} from '../../../components/tenants/onboard-model.ts'
import { onboardingColumns, onboardingTemplate } from '../../../components/tenants/onboarding-csv.ts'

const form = (part: Partial<OnboardForm>): OnboardForm => ({ ...emptyOnboardForm('app'), ...part })
const app = { name: 'app', head: '0012', migrations: 12, defaultDatabase: 'eu-1' }

describe('the slug', () => {
  it('follows the name until somebody types one', () => {
    expect(slugOf(form({ name: 'Ärzte & Söhne GmbH' }))).toBe('arzte-sohne-gmbh')
    expect(slugOf(form({ name: 'Ärzte', slug: 'doctors' }))).toBe('doctors')
  })

  it.each(['', 'Acme', 'a--b', 'ac me', 'a"; drop schema public', 'ünder', 'admin', 'a'.repeat(64)])('refuses “%s” with a sentence', (slug) =>
    expect(ownSlugProblem(slug)).toMatch(/\.$/),
  )
  it('takes a good one', () => expect(ownSlugProblem('acme-2')).toBeNull())
})

describe('the form', () => {
  it('becomes one row, with nothing where nothing was typed', () =>
    expect(readOnboardForm(form({ name: 'Acme', hosts: 'ACME.example.com', labels: 'plan=pro' })).input).toEqual({
      set: 'app',
      isolation: 'schema',
      note: '',
      tenants: [{ slug: 'acme', name: 'Acme', hosts: ['acme.example.com'], labels: { plan: 'pro' } }],
    }))

  it('refuses a name that is too long instead of cutting it', () => {
    expect(readOnboardForm(form({ name: 'a'.repeat(121), slug: 'acme' })).problems.name).toBe('must be at most 120 characters')
    expect(readOnboardForm(form({ name: 'a'.repeat(120), slug: 'acme' })).problems.name).toBeUndefined()
  })

  it('puts each problem under its field', () => {
    const { input, problems } = readOnboardForm(form({ name: 'Acme', slug: 'Acme', hosts: 'a b_c', labels: 'nonsense', schema: 'public', baseline: '../1' }))
    expect(input).toBeNull()
    expect(Object.keys(problems).toSorted()).toEqual(['baseline', 'hosts', 'labels', 'schema', 'slug'])
  })
})

describe('what will happen', () => {
  it('names schema, database and migrations', () =>
    expect(outcomeOf(form({ name: 'Acme Inc' }), app)).toEqual({ schema: 'tenant_acme_inc', database: 'eu-1', what: 'made with 12 migrations, to 0012' }))
  it('says that a schema which exists is only adopted', () =>
    expect(outcomeOf(form({ slug: 'acme', schema: 'legacy', baseline: '0007' }), app).what).toContain('adopted at version 0007'))
  it('says that no database was chosen', () => expect(outcomeOf(form({ slug: 'acme' }), { ...app, defaultDatabase: null }).database).toBeNull())
})

describe('the file', () => {
  it('says that one problem stops all of it', () =>
    expect(previewSentence({ total: 49, problemCount: 1 })).toContain('1 problem: nothing is onboarded before it is mended'))
  it('says how many there are', () => expect(previewSentence({ total: 50, problemCount: 0 })).toBe('50 tenants, no problems found.'))
  it('has a template whose columns are known', () => {
    const [header] = onboardingTemplate.split('\n')
    expect(header?.split(',').every((column) => (onboardingColumns as readonly string[]).includes(column))).toBe(true)
  })
})
