/** What databases told of changes that did not come from Tenantry, for those who look at what differs. */
import { sql } from 'kysely'
import type { OutsideChange } from '../../contract/drift.ts'
import type { ControlDb } from '../../control/db.ts'
import { isSeenNow } from '../../registry/tenant-filter.ts'

const changesShown = 5

type Row = Omit<OutsideChange, 'at'> & { readonly setId: number; readonly at: Date }

const columns = sql`p.set_id as "setId", t.slug, c.at, c.username as "user", c.application, c.client, c.command, c.object`
const placed = sql`outside_change c join placement p on p.target_id = c.target_id join tenant t on t.id = p.tenant_id`

const plain = ({ slug, at, user, application, client, command, object }: Row): OutsideChange => ({
  slug,
  at: at.toISOString(),
  user,
  application,
  client,
  command,
  object,
})

/** The newest of a shape's tenants. */
export const changesOfShape = async (db: ControlDb, setId: number, shape: string): Promise<readonly OutsideChange[]> => {
  const { rows } = await sql<Row>`
    select ${columns} from ${placed} join observation o on o.target_id = c.target_id join seen_structure x on ${isSeenNow}
    where x.set_id = ${setId} and x.shape = ${shape} and p.set_id = ${setId} order by c.at desc, c.id desc limit ${changesShown}`.execute(db)
  return rows.map(plain)
}

/** The newest in each of a tenant's targets, by set. */
export const changesOfTenant = async (db: ControlDb, tenantId: number): Promise<ReadonlyMap<number, readonly OutsideChange[]>> => {
  const { rows } = await sql<Row>`
    select * from (
      select ${columns}, row_number() over (partition by c.target_id order by c.at desc, c.id desc) as place from ${placed} where p.tenant_id = ${tenantId}) n
    where place <= ${changesShown} order by at desc`.execute(db)
  return new Map([...Map.groupBy(rows, ({ setId }) => setId)].map(([setId, changes]) => [setId, changes.map(plain)]))
}
