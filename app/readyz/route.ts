import { readyz } from '@/lib/on-call/answers'
import { openQuery } from '@/lib/server/open-query'

export const GET = openQuery('readyz', (tenancy) => readyz(tenancy(), false))
