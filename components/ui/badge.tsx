import { cn } from './class-names'
import { toneClasses, type Tone } from './tone'

type Props = React.ComponentProps<'span'> & { readonly tone?: Tone }

/** A short word on a quiet surface: labels, kinds, counts. States use StateBadge, which adds their icon. */
export function Badge({ tone = 'quiet', className, ...rest }: Props) {
  return <span className={cn('inline-flex h-5 items-center gap-1 rounded-sm px-1.5 text-xs whitespace-nowrap', toneClasses[tone].soft, className)} {...rest} />
}
