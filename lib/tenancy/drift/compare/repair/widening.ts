/** Types into which PostgreSQL turns every value of another without losing any of it. */
const integers = ['smallint', 'integer', 'bigint']
const texts = /^(?:text|character varying(?:\((\d+)\))?)$/
const numerics = /^numeric(?:\((\d+),(-?\d+)\))?$/
const precise = /^(time|timestamp|interval|bit varying)(?:\((\d+)\))?((?: with(?:out)? time zone)?)$/

type Widening = { readonly rewrites: boolean }

const texting = (from: string, to: string): Widening | null => {
  const [is, will] = [texts.exec(from), texts.exec(to)]
  if (!is || !will) return null
  return will[1] === undefined || (is[1] !== undefined && Number(will[1]) >= Number(is[1])) ? { rewrites: false } : null
}

const numbering = (from: string, to: string): Widening | null => {
  if (integers.includes(from) && (integers.indexOf(to) > integers.indexOf(from) || to === 'numeric')) return { rewrites: true }
  if (from === 'real' && to === 'double precision') return { rewrites: true }
  const [is, will] = [numerics.exec(from), numerics.exec(to)]
  if (!is || !will) return null
  if (will[1] === undefined) return { rewrites: false }
  if (is[1] === undefined) return null
  const [precision, scale] = [Number(is[1]), Number(is[2])]
  const [newPrecision, newScale] = [Number(will[1]), Number(will[2])]
  return newScale >= scale && newPrecision - newScale >= precision - scale ? { rewrites: newScale !== scale } : null
}

const dating = (from: string, to: string): Widening | null => {
  if (from === 'date' && to === 'timestamp without time zone') return { rewrites: true }
  const [is, will] = [precise.exec(from), precise.exec(to)]
  if (!is || !will || is[1] !== will[1] || is[3] !== will[3]) return null
  return will[2] === undefined || (is[2] !== undefined && Number(will[2]) >= Number(is[2])) ? { rewrites: false } : null
}

/** null: values could be lost or refused, or nobody knows. */
export const widening = (from: string, to: string): Widening | null => texting(from, to) ?? numbering(from, to) ?? dating(from, to)
