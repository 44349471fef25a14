import type { CommandResult, Facet, RepairTrial } from '@/lib/tenancy/contract'

type IgnorableFacet = Exclude<Facet, 'structure'>

export type IgnoreFacets = (input: { set: string; facets: IgnorableFacet[] }) => Promise<CommandResult<void>>

export type CancelLook = (input: { look: string }) => Promise<CommandResult<void>>

export type ShapeActions = {
  readonly accept: (input: { set: string; finding: string; reason: string; until?: string }) => Promise<CommandResult<{ readonly acceptance: number }>>
  readonly endAcceptance: (input: { acceptance: number }) => Promise<CommandResult<void>>
}

export type RepairActions = {
  readonly tryOne: (input: { set: string; shape: string }) => Promise<CommandResult<RepairTrial>>
  readonly start: (input: {
    set: string
    shape: string
    note: string
    digest: string
    failureTolerance?: string
  }) => Promise<CommandResult<{ readonly run: number }>>
}
