/**
 * Every refusal that Tenantry can answer with. A code is stable and is what programs decide by; the sentences are for people.
 * Outcomes of fleet work (a tenant whose migration failed) are never errors: they are rows of the result.
 */

import { runStateLabels, runStates } from './states.ts'

type ErrorEntry = {
  /** Status of an HTTP answer. */
  readonly status: number
  /** What happened, for people. `{name}` is filled from the error's details; `{count|tenant|tenants}` is the number with the word that fits it. */
  readonly title: string
  /** What to do next. */
  readonly hint?: string
}

export const errorTable = {
  'input.invalid': { status: 400, title: 'The input is not valid: {problem}' },
  'auth.signed_out': { status: 401, title: 'You are signed out.', hint: 'Sign in again; nothing was changed.' },
  'auth.forbidden': { status: 403, title: 'Your role ({role}) may not do this: it needs “{permission}”.', hint: 'Ask an admin.' },
  'auth.origin': { status: 403, title: 'The request came from another site ({origin}).', hint: 'Open the console at its own address and try again.' },
  'auth.wrong_password': { status: 401, title: 'The e-mail address or the password is wrong.', hint: 'Try again, or ask an admin for a new link.' },
  'auth.rate_limited': { status: 429, title: 'Too many attempts to sign in.', hint: 'Wait {seconds} seconds and try again.' },
  'auth.link_expired': {
    status: 410,
    title: 'This link has expired or was used already.',
    hint: 'Ask for a new one: tenantry init --admin EMAIL, or People → Invite.',
  },
  'auth.link_unknown': { status: 404, title: 'This link is not one of ours.', hint: 'Check that it was copied whole.' },
  'auth.last_admin': { status: 409, title: '{email} is the last active admin.', hint: 'Make somebody else admin first.' },
  'look.unknown': { status: 404, title: 'There is no such look any more.', hint: 'It has ended by itself, or somebody else stopped it.' },
  'person.exists': { status: 409, title: 'There is a person with the address {email} already.' },
  'person.unknown': { status: 404, title: 'There is no such person.' },
  'tenant.unknown': { status: 404, title: 'There is no tenant “{slug}”.' },
  'tenant.exists': { status: 409, title: 'The slug “{slug}” is taken.', hint: 'Choose another one.' },
  'tenant.state_conflict': { status: 409, title: 'Tenant “{slug}” is {state}; this needs it to be {needs}.' },
  'tenant.not_empty': {
    status: 409,
    title: 'Tenant “{slug}” cannot be discarded: database “{database}” holds a schema “{schema}” with a history.',
    hint: 'If it is the tenant’s, adopt it: onboard “{slug}” again with the version that the history is at (baseline). If nobody needs it, drop or rename it on the server, then discard the tenant.',
  },
  'onboard.baseline': {
    status: 422,
    title: '{count} tenant(s) cannot be adopted. {problem}.',
    hint: 'Name the schemas that are there and the versions that they are at; nothing was started.',
  },
  'schema.taken': {
    status: 409,
    title: 'Schema “{schema}” in database “{database}” belongs to tenant “{slug}”.',
    hint: 'Two tenants never share a schema; choose another name.',
  },
  'schema.claimed_twice': {
    status: 409,
    title: 'Tenants “{slug}” and “{other}” of this request claim the same schema “{schema}” in database “{database}”.',
    hint: 'Two tenants never share a schema; give one of them another name. Nothing was started.',
  },
  'host.taken': {
    status: 409,
    title: 'Host “{host}” belongs to tenant “{slug}” ({state}).',
    hint: 'A host leads to one tenant, whatever its state; choose another one, or take it from “{slug}” first.',
  },
  'host.claimed_twice': {
    status: 409,
    title: 'Tenants “{slug}” and “{other}” of this request claim the same host “{host}”.',
    hint: 'A host leads to one tenant; take it from one of them. Nothing was started.',
  },
  'set.unknown': {
    status: 404,
    title: 'There is no migration set “{set}”.',
    hint: 'To see them: tenantry sets list, or Migrations. To make one: tenantry sets sync NAME --dir DIR, or Migrations → Add a set.',
  },
  'set.directory': { status: 400, title: 'The directory {dir} cannot be read as a migration set: {problem}' },
  'set.invalid': {
    status: 422,
    title: 'Set “{set}” was not read: {count|problem|problems} in its files.',
    hint: 'Mend the files at the lines named and read the set again; nothing was changed.',
  },
  'set.edited': {
    status: 409,
    title: 'Migration {version} of set “{set}” was changed, but {reason}.',
    hint: 'Put the file back as it was and write a new migration instead; nothing was changed.',
  },
  'set.missing_file': {
    status: 409,
    title: 'Migration {version} of set “{set}” is gone from the directory, but {reason}.',
    hint: 'Put the file back; nothing was changed.',
  },
  'set.inserted_below': {
    status: 409,
    title: 'Migration {file} of set “{set}” sorts below {applied}, but {reason}.',
    hint: 'Give it a number above {applied}; nothing was changed.',
  },
  'set.empty': { status: 409, title: 'Set “{set}” has no migrations yet.', hint: 'Add files named NNNN_name.sql to its directory and read it again.' },
  'set.no_database': {
    status: 409,
    title: 'Set “{set}” has no database to put tenants into.',
    hint: 'Name one for these tenants (--database), or give the set one for all new tenants: tenantry sets sync {set} --database NAME, or Migrations → {set} → Sync.',
  },
  'version.unknown': { status: 404, title: 'Set “{set}” has no version {version}.' },
  'database.unknown': { status: 404, title: 'There is no database “{database}”.', hint: 'Check its name in the list of databases.' },
  'database.exists': { status: 409, title: 'The name “{database}” is taken.' },
  'database.same': { status: 409, title: 'That database is already here under the name “{database}”.' },
  'database.other': {
    status: 409,
    title: 'The new address of “{database}” leads to another database ({found}).',
    hint: 'Give the address of the same database, or add that one under a name of its own.',
  },
  'database.url': { status: 400, title: 'The connection string is not valid: {problem}', hint: 'It looks like postgres://user:password@host:5432/dbname.' },
  'database.direct_url': { status: 400, title: 'The direct address is not valid: {problem}', hint: 'It looks like postgres://user:password@host:5432/dbname.' },
  'database.unreachable': { status: 422, title: 'No connection to {host}: {problem}', hint: 'Check host, port, firewall, and that PostgreSQL is running.' },
  'database.no_tls': {
    status: 422,
    title: 'The server at {host} offers no TLS, which sslmode={mode} asks for.',
    hint: 'Switch TLS on at the server (ssl = on), or give sslmode=prefer where the way to it is trusted.',
  },
  'database.busy': {
    status: 503,
    title: 'Database “{database}” could not be asked: another look at its server has not ended within {seconds} seconds.',
    hint: 'Try again in a moment; nothing was changed.',
  },
  'database.auth': { status: 422, title: 'The server at {host} refused the sign-in of “{user}”.', hint: 'Check user, password and pg_hba.conf.' },
  'database.missing': { status: 422, title: 'The server at {host} has no database “{dbname}”.' },
  'database.read_only': { status: 422, title: 'The server at {host} is a read-only replica.', hint: 'Give the address of the primary.' },
  'database.rights': { status: 422, title: 'The user “{user}” lacks a right: {right}.', hint: '{remedy}' },
  'database.pooler': {
    status: 422,
    title: 'The address {host} answers through a connection pooler in transaction mode.',
    hint: 'Migrations, locks and cancelling need sessions of their own. Give the server’s direct address: alone, or beside the pooler’s (--direct-url, or Direct address in the form).',
  },
  'database.pooler_unreachable': {
    status: 422,
    title: 'No connection through the pooler at {host}: {problem}',
    hint: 'Check the pooler’s host, port, its entry for this database, and that it reaches the server.',
  },
  'database.direct_pooled': {
    status: 422,
    title: 'The direct address {host} answers through a connection pooler in transaction mode.',
    hint: 'The pooler’s address is the first one, the server’s own the direct one: look whether they are swapped.',
  },
  'database.pooler_other': {
    status: 409,
    title: 'The address {host} leads to another server or database than the direct address {direct}.',
    hint: 'Give two addresses of one database: that of the pooler before it, and its own.',
  },
  'database.budget': {
    status: 422,
    title: 'A budget of {budget} leaves nobody else a connection: the server takes {max}, and keeps {reserved} of them for itself.',
    hint: 'Give a smaller one: most migrations are no faster with more than a few connections a core.',
  },
  'database.version': { status: 422, title: 'The server at {host} is PostgreSQL {version}; Tenantry needs 13 or newer.' },
  'database.in_use': {
    status: 409,
    title: 'Database “{database}” still holds {count|tenant|tenants}.',
    hint: 'A database can be removed only when no tenant lives in it.',
  },
  'database.pooled': {
    status: 409,
    title: 'Database “{database}” still holds {count|ready schema|ready schemas} of the warm pool of set “{set}”.',
    hint: 'Keep none there, and remove it when they are dropped: tenantry sets pool {set} --size 0 --database {database}, or Migrations → {set} → Warm pool.',
  },
  'database.notes_rights': {
    status: 422,
    title: 'The user “{user}” may not make event triggers in “{dbname}”; nothing was changed.',
    hint: 'PostgreSQL leaves them to superusers, and hosting services to their administrators’ account (the main user on RDS). Change the address of “{database}” to such a user, or have “{user}” made one.',
  },
  'database.notes_failed': {
    status: 503,
    title: 'Notes of “{database}” could not be switched {state}: {problem}',
    hint: 'Try again in a moment: it goes on from what is there.',
  },
  'database.notes_on': {
    status: 409,
    title: 'Database “{database}” still notes changes for this console.',
    hint: 'Switch that off first, so that nothing of it is left behind: tenantry databases notes {database} off, or Databases → {database} → Note changes from outside.',
  },
  'drift.shape_unknown': {
    status: 404,
    title: 'Set “{set}” has no shape {shape}.',
    hint: 'Its targets may have changed since, or the set compares other facets now: look at the list of shapes.',
  },
  'drift.shape_ambiguous': {
    status: 409,
    title: 'Set “{set}” has {count|shape|shapes} that “{shape}” may stand for: {candidates}.',
    hint: 'Name the version as well, or give more of the id.',
  },
  'drift.shape_by_letter': {
    status: 409,
    title: '“{letter}” is shape {shape} at this moment: letters go to other shapes when the fleet is looked at again.',
    hint: 'Look whether that is the one you mean, then repair it by its id: tenantry drift repair {shape} --set {set}, or Drift → {set} → the shape → Repair.',
  },
  'drift.other_shape': {
    status: 409,
    title: 'No active tenant “{slug}” of set “{set}” has shape {shape} now.',
    hint: 'Its page tells which shape it has; suspended tenants are left alone.',
  },
  'drift.nothing_to_repair': { status: 409, title: 'Nothing of shape {shape} of set “{set}” can be repaired by statements.', hint: '{reason}' },
  'drift.finding_unknown': {
    status: 404,
    title: 'No target of set “{set}” shows that difference any more.',
    hint: 'Nothing was changed; look at the list of shapes again.',
  },
  'drift.accepted_before': {
    status: 409,
    title: 'That difference is accepted already, by {by}: {reason}',
    hint: 'End that acceptance first to give another reason.',
  },
  'drift.acceptance_unknown': {
    status: 404,
    title: 'There is no acceptance {acceptance} that could be ended.',
    hint: 'It may have been ended or have run out.',
  },
  'drift.until_past': { status: 400, title: 'An acceptance until {until} would be over already.', hint: 'Give a time to come, or none.' },
  'report.refused': {
    status: 422,
    title: 'The report was refused: {count|problem|problems} in its text. {problem}',
    hint: 'Mend the text at the places named; nobody was asked what it says.',
  },
  'report.params': { status: 422, title: 'Parameter “{name}” {problem}', hint: '{remedy}' },
  'report.columns': {
    status: 422,
    title: 'Column {position} of the report {problem}',
    hint: 'Give each column a name of its own (AS name), and a type that can be kept (::type). Tenant “{slug}” was asked for the columns, no rows were read.',
  },
  'report.probe': {
    status: 422,
    title: 'Tenant “{slug}”, asked first, refused the report: {problem}',
    hint: 'Mend the text; it is tried on one tenant at the newest version before all are asked.',
  },
  'report.none_active': {
    status: 409,
    title: 'None of the tenants named can be asked: {reasons}.',
    hint: 'Only active tenants of the set are asked. Name others, or activate these first.',
  },
  'report.combine': {
    status: 422,
    title: 'The rows of report {run} could not be combined: {problem}.',
    hint: 'Mend the second SELECT; the rows are kept, and can be combined again.',
  },
  'report.combine_columns': {
    status: 422,
    title: 'Column {position} of the combining SELECT is called “{column}” like column {before}.',
    hint: 'Give each a name of its own (AS name).',
  },
  'report.combine_many': {
    status: 422,
    title: 'The combining SELECT of report {run} comes to more than {most} rows, and is cut off there.',
    hint: 'Make fewer of them (a WHERE, a GROUP BY), or take them in several parts by tenant; the rows are kept, and can be combined again.',
  },
  'report.combine_role': {
    status: 422,
    title: 'The control database’s user may not make or become the role “{role}”, as which rows are combined: {problem}.',
    hint: 'Have a superuser run: CREATE ROLE {role} NOLOGIN; GRANT {role} TO the user of DATABASE_URL.',
  },
  'report.unknown': { status: 404, title: 'There is no report {run}.' },
  'report.saved_unknown': { status: 404, title: 'There is no saved report “{report}”.', hint: 'It may have been deleted; the results of its runs are kept.' },
  'report.exists': { status: 409, title: 'There is a saved report “{name}” already.', hint: 'Choose another name, or change that one.' },
  'report.changed': {
    status: 409,
    title: 'Saved report “{name}” was changed by {by} after you had opened it: it is at revision {now}, and yours is {revision}.',
    hint: 'Look at what was changed in its history, and save yours on top of it; nothing was overwritten.',
  },
  'report.edit_unknown': { status: 404, title: 'Saved report “{name}” has no revision {edit}.' },
  'report.cron': {
    status: 400,
    title: 'The schedule “{cron}” in time zone “{timezone}” {problem}',
    hint: 'It has five parts (minute, hour, day, month, weekday), such as 0 7 * * 1 for Mondays at seven, and a time zone such as Europe/Berlin.',
  },
  'report.figures_changed': {
    status: 409,
    title: 'The figures of saved report “{name}” are others than when you looked.',
    hint: 'Look again; nothing was changed, and no values were lost.',
  },
  'report.figure': { status: 422, title: 'Figure “{name}” {problem}', hint: '{remedy}' },
  'report.slow': {
    status: 503,
    title: 'The rows of report {run} were not read within {seconds} seconds: {problem}.',
    hint: 'Narrow the search, or try again in a moment; the rows are kept.',
  },
  'report.busy': {
    status: 503,
    title: '{most} are being combined or exported already, and none of them has ended within {seconds} seconds.',
    hint: 'Try again in a moment; the rows are kept.',
  },
  'report.not_yours': { status: 403, title: '{what} is not for your role ({role}).', hint: '{remedy}' },
  'report.expired': { status: 410, title: 'The rows of report {run} were dropped on {droppedAt}.', hint: 'Run it again: its text and parameters are kept.' },
  'report.lost': {
    status: 410,
    title: 'The rows of report {run} were lost when the control database ended without warning.',
    hint: 'Run it again: rows of reports are not kept through a crash of the server, for speed.',
  },
  'report.filter': { status: 400, title: 'Report {run} has no column “{column}” to look in.', hint: 'Its columns: {columns}.' },
  'report.sort': { status: 400, title: 'Report {run} has no column “{column}” to sort by.', hint: 'Its columns: {columns}.' },
  'run.unknown': { status: 404, title: 'There is no run {run}.' },
  'run.state_conflict': { status: 409, title: 'Run {run} ({state}) does not take “{command}” now.', hint: '{remedy}' },
  'run.targets_busy': {
    status: 409,
    title: 'Run {run} ({state}) holds {count} of the chosen targets.',
    hint: 'Wait for it, resume it or cancel it first.',
  },
  'run.nothing_to_do': { status: 409, title: 'Nothing to do: {count|target|targets} chosen, none needs anything.' },
  'run.no_targets': { status: 409, title: 'No target matches the choice.' },
  'run.plan_changed': { status: 409, title: 'The plan is out of date: {problem}', hint: 'Look at the new plan and start again.' },
  'run.no_items': { status: 409, title: 'Run {run} has no item{ofThose} that could be tried again.' },
  'run.not_in': { status: 404, title: 'Run {run} has no item of tenant “{slug}”.' },
  'run.put_right': { status: 409, title: 'Nothing of run {run} is left to rerun. {putRightBy}.', hint: 'The runs named there say what was done.' },
  'session.gone': {
    status: 409,
    title: 'Session {pid} is gone: it has ended, or its number is another one’s by now.',
    hint: 'Nothing was done; look again who blocks “{slug}”.',
  },
  'session.not_blocking': {
    status: 409,
    title: 'Session {pid} does not block “{slug}” now.',
    hint: 'Nothing was done. An open item goes on by itself when nobody is in its way; after one that has failed, start a rerun and end then what is in its way.',
  },
  'session.ours': { status: 409, title: 'Session {pid} is Tenantry’s own ({application}).', hint: 'Pause or cancel its run instead.' },
  'session.idle': {
    status: 409,
    title: 'Session {pid} runs no query now ({state}), so there is none to cancel.',
    hint: 'Only terminating the session ends its transaction.',
  },
  'session.unseen': { status: 422, title: 'Session {pid} could not be looked at: {problem}', hint: '{remedy}' },
  'session.rights': {
    status: 422,
    title: 'The console’s role “{user}” may not signal a session of “{owner}”.',
    hint: '{remedy}',
  },
  'control.unreachable': {
    status: 503,
    title: 'The control database cannot be reached: {problem}',
    hint: 'Check DATABASE_URL and that the server is running.',
  },
  'control.not_ready': { status: 503, title: 'The control database is not set up yet.', hint: 'tenantry init sets it up.' },
  'secret.missing': {
    status: 500,
    title: 'TENANTRY_SECRET is not set.',
    hint: 'Set it to at least 32 random characters, the same for every process: openssl rand -base64 32.',
  },
  'secret.wrong': {
    status: 500,
    title: 'A stored connection string cannot be read with this TENANTRY_SECRET.',
    hint: 'Use the secret that it was stored with, or store it again.',
  },
  internal: { status: 500, title: 'Something went wrong on our side.', hint: 'The log has it under {correlation}.' },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorTable
export type ErrorDetails = Readonly<Record<string, unknown>>

/** The shape in which a refusal leaves the process: action results, HTTP bodies, the command line's --json. */
export type ErrorDocument = {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string | null
  readonly details: ErrorDetails
}

const fill = (template: string, details: ErrorDetails): string =>
  template.replace(/\{(\w+)(?:\|([^|{}]+)\|([^|{}]+))?\}/g, (_, key: string, one?: string, many?: string) => {
    const value = details[key]
    if (value === undefined) return ''
    return one === undefined ? String(value) : `${String(value)} ${value === 1 ? one : many}`
  })

/** States of runs have a name for people; the details keep the word that programs read. */
const inWords = (details: ErrorDetails): ErrorDetails => {
  const state = runStates.find((word) => word === details.state)
  return details.run === undefined || state === undefined ? details : { ...details, state: runStateLabels[state] }
}

export const describeError = (code: ErrorCode, details: ErrorDetails): ErrorDocument => {
  const entry: ErrorEntry = errorTable[code]
  const words = inWords(details)
  const hint = entry.hint ? fill(entry.hint, words) : ''
  return { code, message: fill(entry.title, words), hint: hint === '' ? null : hint, details }
}

/** What a command answers: its data, or the refusal. Never throws at the browser. */
export type CommandResult<T> = { readonly ok: true; readonly data: T } | { readonly ok: false; readonly error: ErrorDocument }
