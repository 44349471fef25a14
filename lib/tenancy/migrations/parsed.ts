/** Statements of stored migrations, parsed once a process: contents never change under their checksum. */
import { parseStatements, type Statement } from '../sql/statements.ts'
import { doesOutside } from './lint-bodies.ts'
import { foreignNames } from './lint-names.ts'

const parsed = new Map<string, Promise<readonly Statement[]>>()
const keepParsed = 500

export const statementsOf = (checksum: string, text: string): Promise<readonly Statement[]> => {
  const known = parsed.get(checksum)
  if (known) return known
  if (parsed.size >= keepParsed) parsed.clear()
  const statements = parseStatements(text)
  parsed.set(checksum, statements)
  return statements
}

/** Undefined where this process has not parsed it yet: its text is wanted. */
export const parsedBefore = (checksum: string): Promise<readonly Statement[]> | undefined => parsed.get(checksum)

const shared = new WeakMap<readonly Statement[], boolean>()

/**
 * Whether a table outside of the tenant's schema is named, or anything outside of it by a DO block, which all tenants share: a foreign key to it locks it until the transaction ends, so tenants
 * that go side by side would only wait for each other, and time out.
 */
export const touchesShared = (statements: readonly Statement[]): boolean => {
  const known = shared.get(statements)
  if (known !== undefined) return known
  const touches = statements.some((statement) => foreignNames(statement.node).some(({ isTable }) => isTable) || doesOutside(statement))
  shared.set(statements, touches)
  return touches
}
