import { ChevronRight } from 'lucide-react'
import { detailFields, detailsLine, rawDetails, type DetailField, type Details } from './details-model'

type Props = { readonly details: Details }

/** In a line, which opens to a list of fields; and from there the JSON as it is stored. Opens without any script. */
export function AuditDetails({ details }: Props) {
  const line = detailsLine(details)
  if (Object.keys(details).length === 0) return null
  return (
    <details className="group/row min-w-0">
      <summary className="flex cursor-pointer list-none items-center gap-1 rounded-md hover:text-ink [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-3.5 shrink-0 text-faint group-open/row:rotate-90" />
        <span className="sr-only">Details: </span>
        <span className="min-w-0 truncate group-open/row:invisible">{line === '' ? 'nothing is noted' : line}</span>
      </summary>
      {/* Where the line stood. */}
      <div className="-mt-[1lh] ml-[18px] flex flex-col gap-2 pb-2 text-ink">
        <Fields fields={detailFields(details)} />
        <details className="text-xs">
          <summary className="w-fit cursor-pointer rounded-md text-muted hover:text-ink">Raw JSON</summary>
          <pre
            tabIndex={0}
            aria-label="Details as JSON"
            className="mt-1 max-h-64 overflow-auto rounded-md border border-line bg-sunken px-3 py-2 font-mono break-words whitespace-pre-wrap"
          >
            {rawDetails(details)}
          </pre>
        </details>
      </div>
    </details>
  )
}

function Fields({ fields }: { readonly fields: readonly DetailField[] }) {
  return (
    <dl className="grid grid-cols-[minmax(4rem,max-content)_minmax(0,1fr)] gap-x-3 gap-y-0.5">
      {fields.map((field) => (
        <div key={field.name} className="contents">
          <dt className="max-w-32 break-words text-muted">{field.name}</dt>
          <dd className="min-w-0 break-words whitespace-pre-wrap">{'fields' in field ? <Fields fields={field.fields} /> : field.text}</dd>
        </div>
      ))}
    </dl>
  )
}
