export type Crumb = {
  readonly label: string
  /** null: the page one is on. */
  readonly href: string | null
  /** A slug, a number, a set: set in mono. */
  readonly isName: boolean
}

const words: Readonly<Record<string, string>> = {
  tenants: 'Tenants',
  migrations: 'Migrations',
  runs: 'Runs',
  drift: 'Drift',
  databases: 'Databases',
  people: 'People',
  audit: 'Audit',
  account: 'Account',
  new: 'New',
  rollout: 'Roll out',
}

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** "/tenants/acme" → Tenants, acme. Fixed segments get their word, all others are names as they are. */
export const crumbsOf = (path: string): readonly Crumb[] => {
  const segments = path.split('/').filter((segment) => segment !== '')
  if (segments.length === 0) return [{ label: 'Fleet', href: null, isName: false }]
  return segments.map((segment, index) => {
    const word = index === 1 && segments[0] === 'runs' ? `Run ${decoded(segment)}` : words[segment]
    return {
      label: word ?? decoded(segment),
      href: index === segments.length - 1 ? null : `/${segments.slice(0, index + 1).join('/')}`,
      isName: word === undefined,
    }
  })
}
