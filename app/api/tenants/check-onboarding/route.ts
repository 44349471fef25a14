import { query } from '@/lib/server/query'
import { checkOnboardingInput } from '@/lib/tenancy/contract'

export const GET = query({ name: 'onboarding.check', permission: 'tenants.onboard', input: checkOnboardingInput }, ({ input, tenancy }) =>
  tenancy.onboarding.check(input),
)
