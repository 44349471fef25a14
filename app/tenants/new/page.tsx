import type { Metadata } from 'next'
import { OnboardView } from '@/components/tenants/onboard-view'
import { requireAsker } from '@/lib/server/asker'
import { getTenancy } from '@/lib/server/tenancy'
import { onboardCsv, onboardTenants, previewCsv } from '../actions'

export const metadata: Metadata = { title: 'Onboard tenants' }

export default async function OnboardPage() {
  await requireAsker('tenants.onboard')
  const { sets, databases } = getTenancy()
  const [setList, databaseList] = await Promise.all([sets.list(), databases.list()])
  return (
    <OnboardView
      sets={setList.map(({ name, head, migrations, defaultDatabase }) => ({ name, head, migrations, defaultDatabase }))}
      databases={databaseList.map(({ name }) => name)}
      actions={{ onboard: onboardTenants, previewCsv, onboardCsv }}
    />
  )
}
