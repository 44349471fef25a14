/** A sealed word that tells whether a process has the secret of this control plane, before it fails at the first connection string. */
import { randomBytes } from 'node:crypto'
import type { ControlDb } from './db.ts'
import { seal, unseal } from './seal.ts'

const key = 'secret_check'

const readCheck = async (db: ControlDb): Promise<Buffer | null> => {
  const row = await db.selectFrom('setting').select('value').where('key', '=', key).executeTakeFirst()
  return row ? Buffer.from(String(row.value), 'base64') : null
}

/** Reads alone; a control plane without the word has not been worked on yet. @throws secret.wrong */
export const checkSecret = async (db: ControlDb, secret: string): Promise<void> => {
  const sealed = await readCheck(db)
  if (sealed) unseal(secret, sealed)
}

/**
 * The first who asks leaves the word behind, if the connection strings that are stored already are its own.
 * @throws secret.wrong
 */
export const claimSecret = async (db: ControlDb, secret: string): Promise<void> => {
  if ((await readCheck(db)) === null) {
    const stored = await db.selectFrom('database').select('url_sealed').orderBy('id').limit(1).executeTakeFirst()
    if (stored) unseal(secret, stored.url_sealed)
    const value = JSON.stringify(seal(secret, randomBytes(16).toString('hex')).toString('base64'))
    await db
      .insertInto('setting')
      .values({ key, value })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute()
  }
  await checkSecret(db, secret)
}
