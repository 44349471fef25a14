import type { Command } from 'commander'
import type { z } from 'zod'
import { discardTenantInput } from '../../tenancy/contract/index.ts'
import { runCommand } from '../command.ts'
import { discardedDocument } from '../documents.ts'
import { exitCodes } from '../failure.ts'
import { parseInput } from '../parse-input.ts'
import type { Session } from '../session.ts'

const discard = async ({ tenancy, actor, output }: Session, input: z.output<typeof discardTenantInput>): Promise<number> => {
  await tenancy.tenants.discard(actor, input)
  output.result(discardedDocument, { discarded: input.slug }, () => `${input.slug} is discarded; its slug is free, and nothing on its server was touched.`)
  return exitCodes.well
}

export const addDiscard = (program: Command): void => {
  program
    .command('discard <slug>')
    .summary('let go of a tenant that was reserved and never built')
    .description(
      'For a tenant whose onboarding failed for good or was cancelled. Refused once it was active, while a run holds it, and when its schema is there with a history.',
    )
    .option('--reason <text>', 'why, for the audit')
    .action((slug: string, typed: { reason?: string }) => runCommand(() => parseInput(discardTenantInput, { slug, reason: typed.reason }), discard))
}
