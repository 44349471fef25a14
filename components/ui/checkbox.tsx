import { Check, Minus } from 'lucide-react'
import { cn } from './class-names'

type Props = Omit<React.ComponentProps<'button'>, 'type' | 'role' | 'value' | 'children'> & {
  /** `indeterminate` for "some". */
  readonly checked: boolean | 'indeterminate'
  readonly onCheckedChange?: (on: boolean) => void
}

/** Needs a label: wrap it in one or give `aria-label`. A plain button: a table draws one for each row that scrolls by. */
export function Checkbox({ checked, onCheckedChange, onClick, onKeyDown, className, ...rest }: Props) {
  return (
    <button
      type="button"
      role="checkbox"
      aria-checked={checked === 'indeterminate' ? 'mixed' : checked}
      className={cn(
        'relative inline-flex size-4 shrink-0 items-center justify-center rounded-sm border border-line-strong bg-surface align-middle text-on-accent transition-colors',
        'before:absolute before:-inset-2 before:content-[""] disabled:opacity-50',
        checked !== false && 'border-accent bg-accent',
        className,
      )}
      onClick={(event) => {
        onClick?.(event)
        if (!event.defaultPrevented) onCheckedChange?.(checked !== true)
      }}
      onKeyDown={(event) => {
        onKeyDown?.(event)
        // Space alone turns a checkbox; Enter belongs to what it stands in.
        if (event.key === 'Enter') event.preventDefault()
      }}
      {...rest}
    >
      {checked === 'indeterminate' ? <Minus aria-hidden className="size-3" strokeWidth={3} /> : null}
      {checked === true ? <Check aria-hidden className="size-3" strokeWidth={3} /> : null}
    </button>
  )
}
