/** Options of a sequence, each only where it is not what its type gives it. */
export type SequenceFact = {
  readonly type: string
  readonly start: string
  readonly increment: string
  readonly min: string
  readonly max: string
  readonly cycle: boolean
  readonly cache: string
}

/** Fields of `SequenceFact`, as text: some are beyond what a number of JavaScript can hold. */
export const sequenceSql = (sequence: string): string =>
  `'type', format_type(${sequence}.seqtypid, NULL), 'start', ${sequence}.seqstart::text, 'increment', ${sequence}.seqincrement::text, 'min', ${sequence}.seqmin::text, 'max', ${sequence}.seqmax::text,
    'cycle', ${sequence}.seqcycle, 'cache', ${sequence}.seqcache::text`

const largest: Readonly<Record<string, string>> = { smallint: '32767', integer: '2147483647', bigint: '9223372036854775807' }
const smallest: Readonly<Record<string, string>> = { smallint: '-32768', integer: '-2147483648', bigint: '-9223372036854775808' }

type Options = { readonly [field in 'start' | 'increment' | 'min' | 'max' | 'cache']: string | undefined } & { readonly cycle: true | undefined }

const unusual = (value: string, usual: string | undefined): string | undefined => (value === usual ? undefined : value)

const optionsIn = (fact: SequenceFact): Options => {
  const isDown = fact.increment.startsWith('-')
  return {
    increment: unusual(fact.increment, '1'),
    min: unusual(fact.min, isDown ? smallest[fact.type] : '1'),
    max: unusual(fact.max, isDown ? '-1' : largest[fact.type]),
    start: unusual(fact.start, isDown ? fact.max : fact.min),
    cache: unusual(fact.cache, '1'),
    cycle: fact.cycle ? true : undefined,
  }
}

export const sequenceFacts = (fact: SequenceFact) => ({ type: unusual(fact.type, 'bigint'), ...optionsIn(fact) })

/** As `CREATE SEQUENCE` takes them. @param column type of the column whose identity it is */
export const sequenceOptions = (fact: SequenceFact, column: string): readonly string[] => {
  const { increment, min, max, start, cache, cycle } = optionsIn(fact)
  const words: ReadonlyArray<readonly [string, string | undefined]> = [
    ['AS', unusual(fact.type, column)],
    ['INCREMENT BY', increment],
    ['MINVALUE', min],
    ['MAXVALUE', max],
    ['START WITH', start],
    ['CACHE', cache],
  ]
  return [...words.flatMap(([word, value]) => (value === undefined ? [] : [`${word} ${value}`])), ...(cycle ? ['CYCLE'] : [])]
}
