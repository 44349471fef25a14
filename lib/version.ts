import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { projectRoot } from './root.ts'

/** The release that runs. */
export const releaseVersion = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(/* turbopackIgnore: true */ projectRoot, 'package.json'), 'utf8'))).version
