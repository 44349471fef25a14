/** A worker in a process of its own, which tests can stop, continue and kill. Its one argument is a WorkerSpec as JSON. */
import { migrationsDir } from '../../lib/connection.ts'
import { createTenancy, type TenancyConfig } from '../../lib/tenancy/index.ts'

export type WorkerSpec = { readonly controlUrl: string; readonly secret: string; readonly limits: TenancyConfig['limits']; readonly name: string }

const spec = JSON.parse(process.argv[2] ?? '') as WorkerSpec
const tenancy = createTenancy({ controlUrl: spec.controlUrl, secret: spec.secret, migrationsDir, limits: spec.limits })
const worker = await tenancy.startWorker({ name: spec.name, schedules: false })
process.stdout.write('working\n')
process.once('SIGTERM', () => {
  void worker
    .stop()
    .then(() => tenancy.close())
    .then(() => process.exit(0))
})
