import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { LintFinding } from '../contract/views.ts'
import { TenancyError } from '../errors.ts'
import { codeOf } from '../sql/sqlstate.ts'
import { parseStatements, SqlSyntaxError, type Statement } from '../sql/statements.ts'
import { byVersion, checksumOf } from './digest.ts'
import { lintMigration } from './lint.ts'
import { readScript } from './script-text.ts'
import type { LoadedMigration, LoadedSet } from './types.ts'

const filePattern = /^([0-9][0-9A-Za-z.-]*)_([A-Za-z0-9][A-Za-z0-9._-]*?)(\.down)?\.sql$/
const seedFile = 'seed.sql'
const directive = /^\s*--\s*tenantry:\s*(.*)$/i

const finding = (file: string, rule: string, message: string, line = 1, column = 1): LintFinding => ({
  rule,
  level: 'error',
  file,
  line,
  column,
  message,
})

/** Reads the `-- tenantry: key=value` lines of the comment at a file's head. */
const readDirectives = (file: string, sql: string): { transactional: boolean; findings: LintFinding[] } => {
  const findings: LintFinding[] = []
  let transactional = true
  for (const [index, line] of sql.split('\n').entries()) {
    if (line.trim() !== '' && !line.trimStart().startsWith('--')) break
    const match = directive.exec(line)
    if (!match) continue
    for (const word of (match[1] ?? '').split(/[\s,]+/).filter(Boolean)) {
      if (word === 'transaction=off') transactional = false
      else if (word !== 'transaction=on') findings.push(finding(file, 'directive', `“${word}” is not a directive; known: transaction=off`, index + 1))
    }
  }
  return { transactional, findings }
}

const parse = async (file: string, sql: string): Promise<{ statements: Statement[]; findings: LintFinding[] }> => {
  try {
    return { statements: await parseStatements(sql), findings: [] }
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error
    return { statements: [], findings: [finding(file, 'syntax', error.message, error.line, error.column)] }
  }
}

/** A file's text, and what keeps it from being one. */
const readText = async (directory: string, file: string): Promise<{ readonly text: string; readonly findings: LintFinding[] }> => {
  const { text, problem } = await readScript(join(directory, file))
  return { text, findings: problem ? [finding(file, 'encoding', problem.message, problem.line, problem.column)] : [] }
}

/** The seed runs in the transaction that builds a tenant, so what holds for a transactional migration holds for it. */
const lintSeed = async (sql: string): Promise<LintFinding[]> => {
  const { statements, findings } = await parse(seedFile, sql)
  return [...findings, ...lintMigration({ version: '', name: 'seed', file: seedFile, checksum: '', transactional: true, sql, downSql: null, statements })]
}

/** Files and links to files: mounted volumes hold links. */
const isFile = async (directory: string, entry: Dirent): Promise<boolean> => {
  if (!entry.isSymbolicLink()) return entry.isFile()
  try {
    return (await stat(join(directory, entry.name))).isFile()
  } catch (error) {
    throw new TenancyError('set.directory', { dir: directory, problem: `${entry.name} is a link that leads nowhere` }, error)
  }
}

const readMigration = async (directory: string, file: string, downFiles: ReadonlySet<string>) => {
  const match = filePattern.exec(file)
  const version = match?.[1] ?? ''
  const name = match?.[2] ?? ''
  const { text: sql, findings: textFindings } = await readText(directory, file)
  const down = file.replace(/\.sql$/, '.down.sql')
  const back = downFiles.has(down) ? await readText(directory, down) : null
  const { transactional, findings: directiveFindings } = readDirectives(file, sql)
  const { statements, findings: syntaxFindings } = await parse(file, sql)
  const migration: LoadedMigration = { version, name, file, checksum: checksumOf(sql), transactional, sql, downSql: back?.text ?? null, statements }
  const isRead = textFindings.length === 0 && syntaxFindings.length === 0
  const empty = isRead && statements.length === 0 ? [finding(file, 'empty', 'holds no statement; remove the file or write the migration')] : []
  return { migration, findings: [...textFindings, ...directiveFindings, ...syntaxFindings, ...empty, ...lintMigration(migration), ...(back?.findings ?? [])] }
}

/** The length that most versions of digits have is what the set goes by; of two that are as frequent, the longer one, because zeros can be added. */
const lintWidths = (migrations: readonly LoadedMigration[]): LintFinding[] => {
  const numbered = migrations.filter(({ version }) => /^\d+$/.test(version))
  const byWidth = [...Map.groupBy(numbered, ({ version }) => version.length)]
  const usual = byWidth.toSorted(([width, some], [otherWidth, others]) => others.length - some.length || otherWidth - width)[0]?.[0] ?? 0
  return numbered
    .filter(({ version }) => version.length !== usual)
    .map(({ version, name, file }) => {
      const remedy =
        version.length < usual ? `name it ${version.padStart(usual, '0')}_${name}.sql` : `give all versions of the set the same length, filled up with zeros`
      return finding(
        file,
        'version_width',
        `has a version of ${version.length} digits where others have ${usual}; versions are sorted as text, so that 10 comes before 9: ${remedy}`,
      )
    })
}

const lintNames = (files: readonly string[], migrations: readonly LoadedMigration[]): LintFinding[] => {
  const findings: LintFinding[] = []
  for (const file of files)
    if (!filePattern.test(file) && file !== seedFile)
      findings.push(finding(file, 'file_name', 'is not named NNNN_name.sql (or NNNN_name.down.sql), so its place in the order is unknown'))
  const seen = new Map<string, string>()
  for (const { version, file } of migrations) {
    const other = seen.get(version)
    if (other) findings.push(finding(file, 'duplicate_version', `has the same version ${version} as ${other}; give one of them another number`))
    seen.set(version, file)
  }
  return [...findings, ...lintWidths(migrations)]
}

/**
 * Reads a directory as a migration set: names, directives, checksums, statements by PostgreSQL's parser, lint.
 * Problems in files are findings; the caller refuses those of level error.
 * @throws TenancyError set.directory when the directory is missing, no directory, not readable, or holds no migration
 */
export const loadSet = async (dir: string): Promise<LoadedSet> => {
  const directory = resolve(dir)
  let entries
  try {
    entries = await readdir(directory, { withFileTypes: true })
  } catch (error) {
    const code = codeOf(error)
    const problem =
      code === 'ENOENT' ? 'it does not exist' : code === 'ENOTDIR' ? 'it is a file, not a directory' : code === 'EACCES' ? 'it may not be read' : code
    throw new TenancyError('set.directory', { dir: directory, problem }, error)
  }
  const scripts = entries.filter(({ name }) => name.endsWith('.sql'))
  const kept = await Promise.all(scripts.map((entry) => isFile(directory, entry)))
  const files = scripts
    .filter((_, index) => kept[index])
    .map(({ name }) => name)
    .toSorted()
  const up = files.filter((file) => filePattern.test(file) && !file.endsWith('.down.sql'))
  if (up.length === 0) throw new TenancyError('set.directory', { dir: directory, problem: 'it holds no file named NNNN_name.sql, such as 0001_init.sql' })
  const downFiles = new Set(files.filter((file) => file.endsWith('.down.sql')))
  const read = await Promise.all(up.map((file) => readMigration(directory, file, downFiles)))
  const migrations = read.map(({ migration }) => migration).toSorted(byVersion)
  const seed = files.includes(seedFile) ? await readText(directory, seedFile) : null
  const seedFindings = seed === null ? [] : [...seed.findings, ...(await lintSeed(seed.text))]
  const findings = [...lintNames(files, migrations), ...read.flatMap((one) => one.findings), ...seedFindings]
  return { directory, migrations, seedSql: seed?.text ?? null, findings }
}
