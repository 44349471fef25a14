'use server'

import { command } from '@/lib/server/command'
import {
  changeReportInput,
  reportFiguresInput,
  reportRetentionInput,
  reportScheduleInput,
  restoreReportInput,
  savedReportContent,
  savedReportInput,
  startReportInput,
  startSavedReportInput,
} from '@/lib/tenancy/contract'

export const startReport = command({ name: 'reports.start', permission: 'reports.run', input: startReportInput }, ({ actor, input, tenancy }) =>
  tenancy.reports.start(actor, input),
)

export const startSavedReport = command(
  { name: 'reports.saved.start', permission: 'reports.run_saved', input: startSavedReportInput },
  ({ actor, input, tenancy }) => tenancy.reports.saved.start(actor, input),
)

export const createReport = command({ name: 'reports.saved.create', permission: 'reports.run', input: savedReportContent }, ({ actor, input, tenancy }) =>
  tenancy.reports.saved.create(actor, input),
)

export const changeReport = command({ name: 'reports.saved.change', permission: 'reports.change', input: changeReportInput }, ({ actor, input, tenancy }) =>
  tenancy.reports.saved.change(actor, input),
)

export const restoreReport = command({ name: 'reports.saved.restore', permission: 'reports.change', input: restoreReportInput }, ({ actor, input, tenancy }) =>
  tenancy.reports.saved.restore(actor, input),
)

export const removeReport = command({ name: 'reports.saved.remove', permission: 'reports.run', input: savedReportInput }, ({ actor, input, tenancy }) =>
  tenancy.reports.saved.remove(actor, input.report),
)

export const setReportSchedule = command(
  { name: 'reports.saved.setSchedule', permission: 'reports.run', input: reportScheduleInput },
  ({ actor, input, tenancy }) => tenancy.reports.saved.setSchedule(actor, input),
)

export const setReportFigures = command(
  { name: 'reports.saved.setFigures', permission: 'reports.change', input: reportFiguresInput },
  ({ actor, input, tenancy }) => tenancy.reports.saved.setFigures(actor, input),
)

export const setReportRetention = command({ name: 'reports.keep', permission: 'reports.keep', input: reportRetentionInput }, ({ actor, input, tenancy }) =>
  tenancy.reports.retention.set(actor, input),
)
