import 'server-only'
import { findConnection, migrationsDir } from '@/lib/connection'
import { createLogger } from '@/lib/log'
import { processMetrics } from '@/lib/on-call/metrics'
import { createTenancy } from '@/lib/tenancy'
import type { Tenancy } from '@/lib/tenancy/contract'

declare global {
  /**
   * One for the process and not for each bundle: pages, actions and handlers are compiled apart. `npm start` puts its own here, which also works on runs,
   * before the first request comes.
   */
  var tenantryLibrary: Tenancy | undefined
}

/** The library, connected to the control database; made at the first call. Throws ConnectionError when that cannot be found. */
export const getTenancy = (): Tenancy => (globalThis.tenantryLibrary ??= connect())

const connect = (): Tenancy => {
  const { controlUrl, secret } = findConnection()
  return createTenancy({ controlUrl, secret, migrationsDir, logger: createLogger('web'), meters: processMetrics().meters })
}
