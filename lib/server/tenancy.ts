import 'server-only'
import { findConnection, migrationsDir } from '@/lib/connection'
import { createLogger } from '@/lib/log'
import { onShutdown } from '@/lib/shutdown'
import { createTenancy } from '@/lib/tenancy'
import type { Tenancy } from '@/lib/tenancy/contract'

declare global {
  /** One for the process and not for each bundle: pages, actions, handlers and the instrumentation hook are compiled apart. */
  var tenantryLibrary: Tenancy | undefined
}

/** The library, connected to the control database; made at the first call. Throws ConnectionError when that cannot be found. */
export const getTenancy = (): Tenancy => (globalThis.tenantryLibrary ??= connect())

const connect = (): Tenancy => {
  const { controlUrl, secret } = findConnection()
  const tenancy = createTenancy({ controlUrl, secret, migrationsDir, logger: createLogger('web') })
  onShutdown('tenancy', () => tenancy.close())
  return tenancy
}
