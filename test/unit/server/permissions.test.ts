import { expect, test } from 'vitest'
import { may, permissions, type Permission, type Role } from '../../../lib/tenancy/contract/index.ts'

const all = Object.keys(permissions) as Permission[]
const allowed = (role: Role): readonly Permission[] => all.filter((permission) => may(role, permission))

test('an admin may do everything', () => {
  expect(allowed('admin')).toEqual(all)
})

test('an operator sees everything and mends runs, but starts nothing new and manages no one', () => {
  expect(allowed('operator')).toEqual([
    'fleet.read',
    'tenants.read',
    'targets.observe',
    'sets.read',
    'drift.read',
    'drift.accept',
    'reports.run_saved',
    'reports.change',
    'reports.read',
    'runs.read',
    'rows.read',
    'runs.retry',
    'runs.rerun',
    'runs.control',
    'sessions.cancel',
    'sessions.terminate',
    'databases.read',
    'people.read',
    'audit.read',
    'account.own',
  ])
})

test('support looks at tenants, runs and the reports that name it, and changes nothing but its own account', () => {
  expect(allowed('support')).toEqual(['fleet.read', 'tenants.read', 'drift.read', 'reports.run_saved', 'reports.read', 'runs.read', 'account.own'])
})
