import Link from 'next/link'
import { RelativeTime } from '@/components/ui/relative-time'
import type { RepairRun } from '@/lib/tenancy/contract'
import { repairRunWords } from './drift-model'

/** The newest run that was to repair a shape, and what came of it. */
export function RepairRunLink({ repair }: { readonly repair: RepairRun }) {
  return (
    <>
      Last repaired by{' '}
      <Link href={`/runs/${repair.run}`} className="text-accent-ink underline underline-offset-2">
        run {repair.run}
      </Link>
      , {repairRunWords(repair)} <RelativeTime at={repair.at} />.
    </>
  )
}
