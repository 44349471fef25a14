import { Layers } from 'lucide-react'
import Link from 'next/link'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { Page, PageHeader } from '@/components/ui/page-header'

/** Reports ask the tenants of a set; without one there is nobody to ask. */
export function NoSets() {
  return (
    <Page>
      <PageHeader title="New report" />
      <EmptyState
        icon={Layers}
        title="There is no migration set yet"
        command="npx tenantry sets sync app --dir ./migrations"
        action={
          <Button asChild variant="primary">
            <Link href="/migrations">Add a set</Link>
          </Button>
        }
      >
        A report asks the tenants of a set. Add one, onboard tenants to it, and ask them here.
      </EmptyState>
    </Page>
  )
}
