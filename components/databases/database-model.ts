/** What the databases page says and allows. */
import { formatCount, plural } from '@/lib/format'
import { maxBudget, minBudget, type DatabaseFacts, type DatabaseRow } from '@/lib/tenancy/contract'

/** Why it can't be removed now, as a sentence; null when it can. */
export const removalProblem = (row: Pick<DatabaseRow, 'name' | 'tenants' | 'notes' | 'reachable'>): string | null => {
  if (row.tenants === 0 && row.notes !== null && row.reachable)
    return `${row.name} still notes changes for this console: stop that first, so that nothing of it is left behind.`
  if (row.tenants === 0) return null
  return `${row.name} holds ${plural(row.tenants, 'tenant')}; a database can be removed only when no tenant lives in it.`
}

/** "4 of 20" with the share for a bar; null share while the count is unknown. */
export const connectionUse = (row: Pick<DatabaseRow, 'connectionsOurs' | 'budget'>): { readonly text: string; readonly share: number | null } =>
  row.connectionsOurs === null
    ? { text: `budget ${row.budget}`, share: null }
    : { text: `${row.connectionsOurs} of ${row.budget}`, share: Math.min(1, row.connectionsOurs / row.budget) }

/** "31 of 100 in use on the server" */
export const serverUse = (row: Pick<DatabaseRow, 'connectionsUsed' | 'maxConnections'>): string =>
  row.connectionsUsed === null ? `${row.maxConnections} at most on the server` : `${row.connectionsUsed} of ${row.maxConnections} in use on the server`

/** A name to propose from a database's own: lower-case, of letters, digits, - and _; empty when nothing is left. */
export const proposeName = (dbname: string, taken: readonly string[]): string => {
  const base = dbname
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z]+|[-_]+$/g, '')
    .slice(0, 44)
  if (base === '' || !taken.includes(base)) return base
  const free = Array.from({ length: taken.length + 1 }, (_, index) => `${base}-${index + 2}`).find((name) => !taken.includes(name))
  return free ?? base
}

/** Where the proposed budget comes from. */
export const budgetReason = (facts: Pick<DatabaseFacts, 'maxConnections' | 'reservedConnections' | 'connectionsUsed' | 'proposedBudget'>): string =>
  `The server takes ${formatCount(facts.maxConnections)} connections, keeps ${formatCount(facts.reservedConnections)} for itself, and ${formatCount(facts.connectionsUsed)} ${facts.connectionsUsed === 1 ? 'is' : 'are'} in use. ${formatCount(facts.proposedBudget)} is proposed.`

/** What is wrong with a budget as typed; null when nothing is. */
export const budgetProblem = (text: string, maxConnections: number): string | null => {
  const budget = Number(text)
  if (!/^\d+$/.test(text.trim()) || budget < minBudget || budget > maxBudget) return `A whole number from ${minBudget} to ${maxBudget}.`
  return budget > maxConnections ? `The server takes ${formatCount(maxConnections)} connections in all.` : null
}
