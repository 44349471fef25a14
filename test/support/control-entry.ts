/** Reads and writes the control database until its input ends, and says whether it answers then. Its one argument is the connection string. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { openControl } from '../../lib/tenancy/control/db.ts'

const control = openControl(process.argv[2] ?? '', { max: 3 })
const over = new AbortController()
process.stdin.on('end', () => over.abort()).resume()

const read = async (): Promise<void> => {
  await sql`select count(*) from tenant`.execute(control.db)
}
const write = (): Promise<void> =>
  control.db.transaction().execute(async (trx) => {
    await sql`update tenant set updated_at = now() where id = (select min(id) from tenant)`.execute(trx)
    await sleep(5)
    await sql`select 1`.execute(trx)
  })

const again = async (act: () => Promise<void>): Promise<void> => {
  while (!over.signal.aborted) await act().catch(() => sleep(5))
}

process.stdout.write('reading\n')
await Promise.all([again(read), again(read), again(write), again(write), again(write)])
for (let tries = 0; ; tries += 1) {
  try {
    await read()
    break
  } catch (error) {
    if (tries === 5) throw error
  }
}
process.stdout.write('answered\n')
await control.close()
