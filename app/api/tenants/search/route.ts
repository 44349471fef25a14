import { z } from 'zod'
import { query } from '@/lib/server/query'
import { storableText } from '@/lib/tenancy/contract'

const input = z.object({ q: storableText.trim().min(1, 'must not be empty').max(120, 'must be at most 120 characters') })
const most = 8

export const GET = query({ name: 'tenants.search', permission: 'tenants.read', input }, ({ input: { q }, tenancy }) => tenancy.tenants.search(q, most))
