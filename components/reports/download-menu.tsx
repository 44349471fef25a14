'use client'

import { Download } from 'lucide-react'
import { Button } from '@/components/ui/button'
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from '@/components/ui/menu'
import { plural } from '@/lib/format'

type Props = { readonly run: number; readonly rows: number }

const exportOf = (run: number): string => `/api/reports/runs/${run}/export`

const formats = [
  { format: 'csv', label: 'CSV, without formulas', short: 'CSV' },
  { format: 'xlsx', label: 'Excel (XLSX)', short: 'XLSX' },
  { format: 'json', label: 'JSON, one document', short: 'JSON' },
] as const

/** All rows as a file, made while it is being read. */
export function DownloadMenu({ run, rows }: Props) {
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button>
          <Download aria-hidden />
          Download
        </Button>
      </MenuTrigger>
      <MenuContent>
        <MenuLabel>{rows === 1 ? 'The row' : `All ${plural(rows, 'row')}`}</MenuLabel>
        {formats.map(({ format, label }) => (
          <MenuItem key={format} asChild>
            <a href={`${exportOf(run)}?format=${format}`} download>
              {label}
            </a>
          </MenuItem>
        ))}
      </MenuContent>
    </Menu>
  )
}

/** All that the combining SELECT finds, also where the page shows the first of it. @param sql that has been answered */
export function DownloadCombined({ run, sql }: { readonly run: number; readonly sql: string }) {
  return (
    <form method="post" action={exportOf(run)} target="_blank" className="flex flex-wrap items-center gap-1">
      <input type="hidden" name="sql" value={sql} />
      <Download aria-hidden className="size-3.5" />
      {formats.map(({ format, label, short }) => (
        <Button
          key={format}
          type="submit"
          name="format"
          value={format}
          size="sm"
          variant="ghost"
          title={label}
          aria-label={`Download combined rows as ${label}`}
        >
          {short}
        </Button>
      ))}
    </form>
  )
}
