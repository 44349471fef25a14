'use client'

import { Download } from 'lucide-react'
import { Button } from '@/components/ui/button'
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from '@/components/ui/menu'
import { plural } from '@/lib/format'

type Props = { readonly run: number; readonly rows: number }

const formats = [
  { format: 'csv', label: 'CSV, without formulas' },
  { format: 'xlsx', label: 'Excel (XLSX)' },
  { format: 'json', label: 'JSON, one document' },
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
            <a href={`/api/reports/runs/${run}/export?format=${format}`} download>
              {label}
            </a>
          </MenuItem>
        ))}
      </MenuContent>
    </Menu>
  )
}
