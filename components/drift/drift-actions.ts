import type { CommandResult, Facet } from '@/lib/tenancy/contract'

type IgnorableFacet = Exclude<Facet, 'structure'>

export type IgnoreFacets = (input: { set: string; facets: IgnorableFacet[] }) => Promise<CommandResult<void>>

export type ShapeActions = {
  readonly accept: (input: { set: string; finding: string; reason: string; until?: string }) => Promise<CommandResult<{ readonly acceptance: number }>>
  readonly endAcceptance: (input: { acceptance: number }) => Promise<CommandResult<void>>
}
