import { dirname } from 'node:path'

/**
 * The folder that holds package.json, migrations/ and the default data folder. Run from source it is this file's parent, so that `npx tenantry` works
 * from any folder inside the checkout; inside Next's bundle there is no such file any more, and the process stands in that folder anyway.
 */
export const projectRoot =
  typeof import.meta.filename === 'string' && import.meta.filename.endsWith('/lib/root.ts') ? dirname(dirname(import.meta.filename)) : process.cwd()
