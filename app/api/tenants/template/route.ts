import { z } from 'zod'
import { onboardingTemplate } from '@/components/tenants/onboarding-csv'
import { query } from '@/lib/server/query'

export const GET = query(
  { name: 'tenants.template', permission: 'tenants.onboard', input: z.object({}) },
  () =>
    new Response(onboardingTemplate, {
      headers: { 'Content-Type': 'text/csv; charset=utf-8', 'Content-Disposition': 'attachment; filename="tenants.csv"' },
    }),
)
