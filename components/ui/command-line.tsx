import { CopyButton } from './copy-button'

/** A command to type, with a button that copies it. */
export function CommandLine({ children }: { readonly children: string }) {
  return (
    <div className="flex min-w-0 items-center gap-1 rounded-md border border-line bg-sunken py-0.5 pr-0.5 pl-3 text-left">
      <code className="mono min-w-0 flex-1 overflow-x-auto text-ink [scrollbar-width:none]">{children}</code>
      <CopyButton text={children} label="Copy the command" />
    </div>
  )
}
