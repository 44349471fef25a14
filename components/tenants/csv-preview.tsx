import { ScrollBox } from '@/components/ui/scroll-box'
import { formatCount } from '@/lib/format'
import { defaultSchemaName, type CsvPreview } from '@/lib/tenancy/contract'
import { writeLabels } from './edit-model'

type Props = { readonly found: CsvPreview; readonly defaultDatabase: string | null }

/** The problems line by line, or the first tenants as they were read. */
export function CsvPreviewTables({ found, defaultDatabase }: Props) {
  return found.problemCount > 0 ? <Problems found={found} /> : <Rows found={found} defaultDatabase={defaultDatabase} />
}

function Problems({ found: { problems, problemCount } }: { readonly found: CsvPreview }) {
  return (
    <ScrollBox label="What the file holds" className="max-h-96 overflow-y-auto rounded-lg border border-line">
      <table className="w-full text-sm">
        <Head headings={['Line', 'Column', 'Problem']} />
        <tbody>
          {problems.map(({ line, column, message }, index) => (
            <tr key={index} className="border-b border-line align-top last:border-0">
              <td className="px-4 py-1.5 sm:w-20">{formatCount(line)}</td>
              <td className="mono px-3 py-1.5 sm:w-28">{column ?? '–'}</td>
              <td className="px-3 py-1.5 text-bad-ink">{message}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {problemCount > problems.length ? (
        <p className="border-t border-line px-4 py-2 text-xs text-muted">
          {formatCount(problemCount - problems.length)} more {problemCount - problems.length === 1 ? 'is' : 'are'} not listed.
        </p>
      ) : null}
    </ScrollBox>
  )
}

function Rows({ found: { rows, total }, defaultDatabase }: Props) {
  if (total === 0) return null
  return (
    <ScrollBox label="What the file holds" className="max-h-96 overflow-y-auto rounded-lg border border-line">
      <table className="w-full text-sm whitespace-nowrap">
        <Head headings={['Slug', 'Name', 'Hosts', 'Labels', 'Database', 'Schema']} />
        <tbody>
          {rows.map(({ slug, name, hosts, labels, database, schema, baseline }) => (
            <tr key={slug} className="h-8 border-b border-line last:border-0">
              <td className="mono px-4">{slug}</td>
              <td className="px-3">{name ?? slug}</td>
              <td className="mono max-w-60 truncate px-3 text-muted">{hosts.join(' ')}</td>
              <td className="mono max-w-60 truncate px-3 text-muted">{writeLabels(labels).replaceAll('\n', ' ')}</td>
              <td className="mono px-3 text-muted">{database ?? defaultDatabase ?? '–'}</td>
              <td className="mono px-3 text-muted">
                {schema ?? defaultSchemaName(slug)}
                {baseline === undefined ? '' : ` at ${baseline}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {total > rows.length ? (
        <p className="border-t border-line px-4 py-2 text-xs text-muted">
          {formatCount(total - rows.length)} more {total - rows.length === 1 ? 'is' : 'are'} not listed.
        </p>
      ) : null}
    </ScrollBox>
  )
}

function Head({ headings }: { readonly headings: readonly string[] }) {
  return (
    <thead className="sticky top-0 bg-surface">
      <tr className="h-8 border-b border-line text-left text-xs text-muted">
        {headings.map((heading) => (
          <th key={heading} scope="col" className="px-3 font-normal first:px-4">
            {heading}
          </th>
        ))}
      </tr>
    </thead>
  )
}
