'use client'

import { Layers } from 'lucide-react'
import Link from 'next/link'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { Page, PageHeader } from '@/components/ui/page-header'
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs'
import { CsvForm, type OnboardCsv, type PreviewCsv } from './csv-form'
import { OnboardForm, type Onboard } from './onboard-form'
import type { SetChoice } from './onboard-model'

const ways = ['form', 'csv'] as const

type Props = {
  readonly sets: readonly SetChoice[]
  readonly databases: readonly string[]
  readonly actions: { readonly onboard: Onboard; readonly previewCsv: PreviewCsv; readonly onboardCsv: OnboardCsv }
}

export function OnboardView({ sets, databases, actions }: Props) {
  const [by, setBy] = useQueryState('by', parseAsStringLiteral(ways).withDefault('form'))
  if (sets.length === 0) {
    return (
      <Page>
        <PageHeader title="Onboard tenants" />
        <EmptyState
          icon={Layers}
          title="0 migration sets yet"
          action={
            <Button asChild variant="primary">
              <Link href="/migrations">Read a set</Link>
            </Button>
          }
          command="npx tenantry sets sync app --dir ./migrations --database main"
        >
          A tenant is built by the migrations of a set, so a set comes first.
        </EmptyState>
      </Page>
    )
  }
  return (
    <Page className="mx-auto w-full max-w-5xl">
      <PageHeader title="Onboard tenants" />
      <Tabs value={by} onValueChange={(value) => void setBy(ways.find((way) => way === value) ?? 'form')}>
        <TabsList aria-label="How many">
          <TabsTrigger value="form">One tenant</TabsTrigger>
          <TabsTrigger value="csv">Many, from a CSV file</TabsTrigger>
        </TabsList>
        <TabsContent value="form" className="mt-4">
          <OnboardForm sets={sets} databases={databases} onboard={actions.onboard} />
        </TabsContent>
        <TabsContent value="csv" className="mt-4">
          <CsvForm sets={sets} preview={actions.previewCsv} onboard={actions.onboardCsv} />
        </TabsContent>
      </Tabs>
    </Page>
  )
}
