'use client'

import { Dialog, DialogContent } from '@/components/ui/dialog'
import { Kbd } from '@/components/ui/kbd'
import { shortcutGroups } from './shortcuts'

type Props = { readonly open: boolean; readonly onOpenChange: (open: boolean) => void }

export function KeyboardHelp({ open, onOpenChange }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent title="Keyboard" width="lg">
        <div className="grid gap-6 sm:grid-cols-2">
          {shortcutGroups.map(({ title, keys }) => (
            <section key={title} className="min-w-0 first:row-span-2">
              <h3 className="mb-1.5 text-xs text-faint">{title}</h3>
              <dl className="flex flex-col">
                {keys.map(([names, what]) => (
                  <div key={what} className="flex min-h-8 items-center gap-3 py-1">
                    <dt className="flex w-16 shrink-0 gap-1">
                      {names.map((name) => (
                        <Kbd key={name}>{name}</Kbd>
                      ))}
                    </dt>
                    <dd className="min-w-0 text-sm text-muted">{what}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
      </DialogContent>
    </Dialog>
  )
}
