import { env } from '@/lib/env'
import { metrics } from '@/lib/on-call/answers'
import { openQuery } from '@/lib/server/open-query'

export const GET = openQuery('metrics', (tenancy, request) => metrics(tenancy(), env.metricsToken, request.headers.get('authorization')))
