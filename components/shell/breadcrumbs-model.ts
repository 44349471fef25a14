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
  reports: 'Reports',
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

const wordOf = (segments: readonly string[], index: number): string | undefined => {
  if (index === 1 && segments[0] === 'runs') return `Run ${decoded(segments[1] ?? '')}`
  if (index === 1 && segments[0] === 'reports' && /^\d+$/.test(segments[1] ?? '')) return `Report ${segments[1]}`
  // There is no page of all runs of reports beside that of the reports.
  if (index === 2 && segments[0] === 'reports' && segments[1] === 'runs') return `Run ${decoded(segments[2] ?? '')}`
  // Its id says nothing to people; the page knows its letter.
  if (index === 2 && segments[0] === 'drift') return 'Shape'
  return words[segments[index] ?? '']
}

/** Whose page it is, where that is a shape's. */
export const shapeOf = (path: string): { readonly set: string; readonly shape: string } | null => {
  const [area, set, shape] = path.split('/').filter((segment) => segment !== '')
  return area === 'drift' && set !== undefined && shape !== undefined ? { set: decoded(set), shape: decoded(shape) } : null
}

/** Which saved report's page it is, where it is one. */
export const reportOf = (path: string): number | null => {
  const id = /^\/reports\/(\d{1,15})$/.exec(path)?.[1]
  return id === undefined ? null : Number(id)
}

/** "/tenants/acme" → Tenants, acme. Fixed segments get their word, all others are names as they are. */
export const crumbsOf = (path: string): readonly Crumb[] => {
  const segments = path.split('/').filter((segment) => segment !== '')
  if (segments.length === 0) return [{ label: 'Fleet', href: null, isName: false }]
  return segments.flatMap((segment, index) => {
    if (index === 1 && segments[0] === 'reports' && segment === 'runs') return []
    const word = wordOf(segments, index)
    return {
      label: word ?? decoded(segment),
      href: index === segments.length - 1 ? null : `/${segments.slice(0, index + 1).join('/')}`,
      isName: word === undefined,
    }
  })
}
