import { checksumOf } from '../../lib/tenancy/migrations/digest.ts'
import type { ExecutableMigration } from '../../lib/tenancy/migrations/types.ts'
import { parseStatements } from '../../lib/tenancy/sql/statements.ts'

/** What the engine runs of such a file. */
export const migrationOf = async (version: string, text: string): Promise<ExecutableMigration> => ({
  version,
  name: 'change',
  file: `${version}_change.sql`,
  checksum: checksumOf(text),
  transactional: true,
  statements: await parseStatements(text),
})
