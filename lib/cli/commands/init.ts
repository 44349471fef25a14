import type { Command } from 'commander'
import { env } from '../../env.ts'
import { plural } from '../../format.ts'
import { inviteInput } from '../../tenancy/contract/index.ts'
import { welcomeLink } from '../../welcome-link.ts'
import { runCommand } from '../command.ts'
import { initDocument } from '../documents.ts'
import { exitCodes } from '../failure.ts'
import { parseInput } from '../parse-input.ts'
import type { Session } from '../session.ts'

const consoleAddress = (): string => env.publicUrl ?? `http://localhost:${env.port ?? 3000}`

const init = async ({ tenancy, actor, output }: Session, email: string | null): Promise<number> => {
  const { applied } = await tenancy.control.migrate()
  const invited = email === null ? null : await tenancy.people.invite(actor, { email, name: '', role: 'admin' })
  const admin = invited === null || email === null ? null : { email, link: welcomeLink(consoleAddress(), invited.token), expiresAt: invited.expiresAt }
  output.result(initDocument, { applied: [...applied], admin }, () =>
    [
      applied.length === 0 ? 'The control database is up to date.' : `The control database is set up: ${plural(applied.length, 'migration')} applied.`,
      ...(admin === null ? [] : [`${admin.email} is admin. Sign in once, within 24 hours, by`, admin.link]),
    ].join('\n'),
  )
  return exitCodes.well
}

export const addInit = (program: Command): void => {
  program
    .command('init')
    .summary('set up the control database and the first admin')
    .description('Migrates the control database named by DATABASE_URL. With --admin, prints a one-time sign-in link; call it again for a new one.')
    .option('--admin <email>', 'e-mail address of the first admin')
    .addHelpText('after', '\nExample:\n  tenantry init --admin ada@example.com')
    .action((options: { admin?: string }) =>
      runCommand(() => (options.admin === undefined ? null : parseInput(inviteInput.shape.email, options.admin)), init, true),
    )
}
