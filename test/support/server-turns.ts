/** The turns of looks at servers (`server_turn`), taken and given up as another process would. */
import type { Sql } from 'postgres'
import { vi } from 'vitest'

const somebody = 'somebody else'

const takeFree = async (control: Sql): Promise<boolean> => {
  await control`insert into server_turn (key, holder, until) select id::text, ${somebody}, now() + interval '1 hour' from server on conflict do nothing`
  const others = await control`select 1 from server left join server_turn t on t.key = server.id::text and t.holder = ${somebody} where t.key is null`
  return others.length === 0
}

/** Holds every server's turn for as long as it likes, once the looks that are under way are done. */
export const holdTurns = async (control: Sql): Promise<void> => {
  await vi.waitUntil(() => takeFree(control), { timeout: 40_000 })
}

export const giveTurns = (control: Sql) => control`delete from server_turn where holder = ${somebody}`
