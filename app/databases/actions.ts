'use server'

import { command } from '@/lib/server/command'
import { addDatabaseInput, changeDatabaseUrlInput, checkDatabaseInput, removeDatabaseInput, setBudgetInput, setNotesInput } from '@/lib/tenancy/contract'

export const checkDatabase = command({ name: 'databases.check', permission: 'databases.manage', input: checkDatabaseInput }, ({ actor, input, tenancy }) =>
  tenancy.databases.check(actor, input),
)

export const addDatabase = command({ name: 'databases.add', permission: 'databases.manage', input: addDatabaseInput }, ({ actor, input, tenancy }) =>
  tenancy.databases.add(actor, input),
)

export const changeDatabaseUrl = command(
  { name: 'databases.changeUrl', permission: 'databases.manage', input: changeDatabaseUrlInput },
  ({ actor, input, tenancy }) => tenancy.databases.changeUrl(actor, input),
)

export const setBudget = command({ name: 'databases.setBudget', permission: 'databases.manage', input: setBudgetInput }, ({ actor, input, tenancy }) =>
  tenancy.databases.setBudget(actor, input),
)

export const setNotes = command({ name: 'databases.setNotes', permission: 'databases.manage', input: setNotesInput }, ({ actor, input, tenancy }) =>
  tenancy.databases.setNotes(actor, input),
)

export const removeDatabase = command({ name: 'databases.remove', permission: 'databases.manage', input: removeDatabaseInput }, ({ actor, input, tenancy }) =>
  tenancy.databases.remove(actor, input),
)
