import 'server-only'
import { findConnection, migrationsDir } from '@/lib/connection'
import { createLogger } from '@/lib/log'
import { createTenancy } from '@/lib/tenancy'
import type { Tenancy } from '@/lib/tenancy/contract'

/** One for the process and not for each bundle: pages, actions, handlers and the instrumentation hook are compiled apart. */
const key = Symbol.for('tenantry.tenancy')

type Holder = { [key]?: Tenancy }

/** The library, connected to the control database; made at the first call. Throws ConnectionError when that cannot be found. */
export const getTenancy = (): Tenancy => {
  const holder: Holder = globalThis
  return (holder[key] ??= connect())
}

const connect = (): Tenancy => {
  const { controlUrl, secret } = findConnection()
  return createTenancy({ controlUrl, secret, migrationsDir, logger: createLogger('web') })
}
