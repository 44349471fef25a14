import { Gauge, type Registry } from 'prom-client'

export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number | null }

/** A gauge with these samples; what is not known is left out. */
export const gauge = (registry: Registry, name: string, help: string, samples: readonly Sample[]): void => {
  const known = samples.flatMap(({ labels, value }) => (value === null ? [] : [{ labels, value }]))
  const made = new Gauge({ name, help, labelNames: Object.keys(known[0]?.labels ?? {}), registers: [registry] })
  for (const { labels, value } of known) made.set(labels, value)
  if (known.length === 0) registry.removeSingleMetric(name)
}
