'use client'

import { Download, FileUp } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useRef, useState } from 'react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { cn } from '@/components/ui/class-names'
import { ErrorNote } from '@/components/ui/error-note'
import { Field, FieldError } from '@/components/ui/field'
import { NoteField } from '@/components/ui/note-field'
import { Select } from '@/components/ui/select'
import { longestNote, tooLong } from '@/components/ui/too-long'
import { useCommand } from '@/lib/client/use-command'
import { formatBytes, plural } from '@/lib/format'
import type { CommandResult, CsvPreview, RunRef } from '@/lib/tenancy/contract'
import { CsvPreviewTables } from './csv-preview'
import { mostCsvBytes, previewSentence, type SetChoice } from './onboard-model'
import { onboardingColumns } from './onboarding-csv'

export type PreviewCsv = (input: { set: string; csv: string }) => Promise<CommandResult<CsvPreview>>
export type OnboardCsv = (input: { set: string; csv: string; note: string }) => Promise<CommandResult<RunRef>>

type Props = { readonly sets: readonly SetChoice[]; readonly preview: PreviewCsv; readonly onboard: OnboardCsv }
type Picked = { readonly name: string; readonly csv: string; readonly found: CsvPreview }

export function CsvForm({ sets, preview, onboard }: Props) {
  const router = useRouter()
  const [set, setSet] = useState(sets[0]?.name ?? '')
  const [note, setNote] = useState('')
  const [picked, setPicked] = useState<Picked | null>(null)
  const [refusal, setRefusal] = useState<string | null>(null)
  const reading = useRef<{ name: string; csv: string } | null>(null)

  const look = useCommand(preview, (found) => {
    if (reading.current) setPicked({ ...reading.current, found })
  })
  const start = useCommand(onboard, ({ run }) => {
    toast.success(`Onboarding of ${plural(picked?.found.total ?? 0, 'tenant')} started as run ${run}.`)
    router.push(`/runs/${run}`)
  })

  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return
    setPicked(null)
    start.clear()
    if (file.size > mostCsvBytes)
      return setRefusal(`${file.name} has ${formatBytes(file.size)}; ${formatBytes(mostCsvBytes)} are the most. Split it into several files.`)
    setRefusal(null)
    const csv = await file.text()
    reading.current = { name: file.name, csv }
    void look.run({ set, csv })
  }
  // Which slugs are taken depends on the set.
  const choose = (name: string): void => {
    setSet(name)
    if (picked) void look.run({ set: name, csv: picked.csv })
  }
  const ready = picked !== null && !look.busy && picked.found.problemCount === 0 && picked.found.total > 0

  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4">
        <Field label="Set" className="w-40">
          {(control) => (
            <Select {...control} value={set} onChange={(event) => choose(event.target.value)}>
              {sets.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          )}
        </Field>
        <FilePicker busy={look.busy} name={picked?.name ?? null} onFile={(file) => void take(file)} />
        {refusal === null ? null : <FieldError>{refusal}</FieldError>}
        <ErrorNote error={look.error} />
        <p className="text-xs text-muted">
          Columns:{' '}
          {onboardingColumns.map((column, index) => (
            <span key={column}>
              {index === 0 ? '' : ', '}
              <span className="mono text-ink">{column}</span>
            </span>
          ))}
          . Only <span className="mono text-ink">slug</span> is needed; several hosts are parted by spaces, labels (
          <span className="mono text-ink">plan=pro;region=eu</span>) by semicolons. UTF-8; at most 10,000 tenants.
        </p>
      </div>
      {picked === null ? null : (
        <>
          <p role="status" className={cn('text-sm font-medium', picked.found.problemCount > 0 && 'text-bad-ink')}>
            {picked.name}: {previewSentence(picked.found)}
          </p>
          {picked.found.notes.map((note) => (
            <p key={note} className="text-sm text-muted">
              {note}
            </p>
          ))}
          <ErrorNote error={start.error} />
          <CsvPreviewTables found={picked.found} defaultDatabase={sets.find(({ name }) => name === set)?.defaultDatabase ?? null} />
          {ready ? (
            <form
              className="flex flex-wrap items-end gap-4"
              onSubmit={(event) => {
                event.preventDefault()
                if (tooLong(note, longestNote) === null) void start.run({ set, csv: picked.csv, note: note.trim() })
              }}
            >
              <NoteField label="Note" isLine className="min-w-60 flex-1" value={note} onChange={setNote} />
              <Button type="submit" variant="primary" busy={start.busy}>
                Onboard {plural(picked.found.total, 'tenant')}
              </Button>
            </form>
          ) : null}
        </>
      )}
    </div>
  )
}

type PickerProps = { readonly busy: boolean; readonly name: string | null; readonly onFile: (file: File | undefined) => void }

function FilePicker({ busy, name, onFile }: PickerProps) {
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  return (
    <div
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        onFile(event.dataTransfer.files[0])
      }}
      className={cn(
        'flex flex-col items-center gap-3 rounded-md border border-dashed border-line-strong px-4 py-8 text-center text-sm text-muted',
        over && 'border-accent-ink bg-accent-soft',
      )}
    >
      <p>{name === null ? 'Drop a CSV file here, or choose one.' : `${name} is here. Drop or choose another one to replace it.`}</p>
      <div className="flex flex-wrap justify-center gap-2">
        <Button busy={busy} variant={name === null ? 'primary' : 'secondary'} onClick={() => input.current?.click()}>
          <FileUp aria-hidden />
          Choose a file…
        </Button>
        <Button asChild>
          <a href="/api/tenants/template" download>
            <Download aria-hidden />
            Template
          </a>
        </Button>
      </div>
      <input
        ref={input}
        type="file"
        accept=".csv,text/csv"
        aria-label="CSV file of tenants"
        className="sr-only"
        tabIndex={-1}
        onChange={(event) => {
          onFile(event.target.files?.[0])
          event.target.value = ''
        }}
      />
    </div>
  )
}
