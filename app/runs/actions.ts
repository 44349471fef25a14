'use server'

import { command } from '@/lib/server/command'
import { rerunInput, retryInput, runInput, stopBlockerInput } from '@/lib/tenancy/contract'

export const pauseRun = command({ name: 'runs.pause', permission: 'runs.control', input: runInput }, ({ actor, input, tenancy }) =>
  tenancy.runs.pause(actor, input),
)

export const resumeRun = command({ name: 'runs.resume', permission: 'runs.control', input: runInput }, ({ actor, input, tenancy }) =>
  tenancy.runs.resume(actor, input),
)

export const cancelRun = command({ name: 'runs.cancel', permission: 'runs.control', input: runInput }, ({ actor, input, tenancy }) =>
  tenancy.runs.cancel(actor, input),
)

export const retryRun = command({ name: 'runs.retry', permission: 'runs.retry', input: retryInput }, ({ actor, input, tenancy }) =>
  tenancy.runs.retry(actor, input),
)

export const rerunRun = command({ name: 'runs.rerun', permission: 'runs.rerun', input: rerunInput }, ({ actor, input, tenancy }) =>
  tenancy.runs.rerun(actor, input),
)

export const cancelBlocker = command({ name: 'sessions.cancel', permission: 'sessions.cancel', input: stopBlockerInput }, ({ actor, input, tenancy }) =>
  tenancy.runs.cancelBlocker(actor, input),
)

export const terminateBlocker = command(
  { name: 'sessions.terminate', permission: 'sessions.terminate', input: stopBlockerInput },
  ({ actor, input, tenancy }) => tenancy.runs.terminateBlocker(actor, input),
)
