import { updateTenantInput } from '@/lib/tenancy/contract'

/** Hosts as typed: one a line, or parted by spaces or commas. */
export const readHosts = (text: string): string[] => text.split(/[\s,]+/).filter((host) => host !== '')

/** Labels as typed, `key=value` one a line. The problem names the line that cannot be read. */
export const readLabels = (text: string): { readonly labels: Record<string, string>; readonly problem: string | null } => {
  const labels: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const written = line.trim()
    if (written === '') continue
    const at = written.indexOf('=')
    if (at < 1) return { labels, problem: `“${written.slice(0, 60)}” is not key=value` }
    labels[written.slice(0, at).trim()] = written.slice(at + 1).trim()
  }
  return { labels, problem: null }
}

export const writeLabels = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')

export type TenantForm = { readonly name: string; readonly hosts: string; readonly labels: string }
export type TenantFormProblems = Readonly<Partial<Record<keyof TenantForm, string>>>
type Update = { readonly slug: string; readonly name: string; readonly hosts: string[]; readonly labels: Record<string, string> }

const sentence = (value: unknown, message: string): string =>
  typeof value === 'string' && value !== '' && !message.includes(value) ? `“${value.slice(0, 60)}” ${message}` : message

/** The form as a command's input, or what is wrong with which field. */
export const readTenantForm = (slug: string, form: TenantForm): { readonly input: Update | null; readonly problems: TenantFormProblems } => {
  const read = readLabels(form.labels)
  if (read.problem !== null) return { input: null, problems: { labels: read.problem } }
  const raw = { slug, name: form.name, hosts: readHosts(form.hosts), labels: read.labels }
  const parsed = updateTenantInput.safeParse(raw)
  if (parsed.success) return { input: parsed.data, problems: {} }
  const problems: { -readonly [K in keyof TenantForm]?: string } = {}
  for (const { path, message } of parsed.error.issues) {
    const [field, key] = path
    if (field === 'name') problems.name ??= message
    if (field === 'hosts') problems.hosts ??= sentence(typeof key === 'number' ? raw.hosts[key] : undefined, message)
    if (field === 'labels') problems.labels ??= sentence(typeof key === 'string' ? key : undefined, message)
  }
  return { input: null, problems }
}
