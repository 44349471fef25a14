/** What a colour means. Components name a tone; only this table knows the classes. */
export const tones = ['good', 'behind', 'bad', 'drift', 'live', 'ahead', 'gone', 'quiet'] as const
export type Tone = (typeof tones)[number]

type ToneClasses = {
  /** Text and icons on any surface. */
  readonly ink: string
  /** A solid mark: bars, dots, cells. */
  readonly fill: string
  /** A quiet surface with readable text on it. */
  readonly soft: string
  /** The CSS custom property of the solid mark, for canvas and SVG. */
  readonly token: string
}

export const toneClasses: Readonly<Record<Tone, ToneClasses>> = {
  good: { ink: 'text-good-ink', fill: 'bg-good', soft: 'bg-good-soft text-good-ink', token: '--good' },
  behind: { ink: 'text-behind-ink', fill: 'bg-behind', soft: 'bg-behind-soft text-behind-ink', token: '--behind' },
  bad: { ink: 'text-bad-ink', fill: 'bg-bad', soft: 'bg-bad-soft text-bad-ink', token: '--bad' },
  drift: { ink: 'text-drift-ink', fill: 'bg-drift', soft: 'bg-drift-soft text-drift-ink', token: '--drift' },
  live: { ink: 'text-live-ink', fill: 'bg-live', soft: 'bg-live-soft text-live-ink', token: '--live' },
  ahead: { ink: 'text-ahead-ink', fill: 'bg-ahead', soft: 'bg-ahead-soft text-ahead-ink', token: '--ahead' },
  gone: { ink: 'text-gone-ink', fill: 'bg-gone hatched', soft: 'bg-gone-soft text-gone-ink', token: '--gone' },
  quiet: { ink: 'text-quiet-ink', fill: 'bg-quiet', soft: 'bg-quiet-soft text-quiet-ink', token: '--quiet' },
}
