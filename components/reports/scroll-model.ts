/**
 * Scrolling further than a browser can: no element may be higher than some ten million pixels, where five million rows would be 150. Above a limit the element is
 * lower than what it shows; small steps move by as many pixels as they say, and a dragged bar leaps to its share of the whole.
 */
export const rowPixels = 30
export const tallestElement = 6_000_000

export type Frame = { readonly rows: number; readonly view: number }
/** `top`: pixels above what is in sight, were nothing limited; `offset`: how many of them the element does not have. */
export type Place = { readonly top: number; readonly offset: number }

export const start: Place = { top: 0, offset: 0 }

const wholeHeight = ({ rows }: Frame): number => rows * rowPixels
export const elementHeight = (frame: Frame): number => Math.min(wholeHeight(frame), tallestElement)

const lastTop = (frame: Frame): number => Math.max(0, wholeHeight(frame) - frame.view)
const lastScroll = (frame: Frame): number => Math.max(0, elementHeight(frame) - frame.view)
const within = (value: number, most: number): number => Math.min(Math.max(0, value), most)

/** Where the bar has to stand for what is in sight, so that there is room to go on in both directions. */
export const placeAt = (frame: Frame, top: number): Place => {
  const kept = within(top, lastTop(frame))
  const share = lastTop(frame) === 0 ? 0 : kept / lastTop(frame)
  return { top: kept, offset: Math.round(kept - share * lastScroll(frame)) }
}

/** Where one is still, of rows that have become fewer. */
export const placeWithin = (frame: Frame, place: Place): Place => (place.top > lastTop(frame) ? placeAt(frame, place.top) : place)

export const scrollTopOf = ({ top, offset }: Place): number => top - offset

/** Where one is after the element was scrolled to `scrollTop`; `moveBar` when the bar has to be put elsewhere. */
export const scrolled = (frame: Frame, before: Place, scrollTop: number): { readonly place: Place; readonly moveBar: boolean } => {
  if (wholeHeight(frame) <= tallestElement) return { place: { top: within(scrollTop, lastTop(frame)), offset: 0 }, moveBar: false }
  const step = scrollTop - scrollTopOf(before)
  if (Math.abs(step) > frame.view) {
    const top = Math.round((within(scrollTop, lastScroll(frame)) / lastScroll(frame)) * lastTop(frame))
    return { place: { top, offset: top - scrollTop }, moveBar: false }
  }
  const top = within(before.top + step, lastTop(frame))
  const isAtEnd = scrollTop <= 0 || scrollTop >= lastScroll(frame) || top === 0 || top === lastTop(frame)
  const settled = placeAt(frame, top)
  if (isAtEnd && scrollTopOf(settled) !== scrollTop) return { place: settled, moveBar: true }
  return { place: { top, offset: top - scrollTop }, moveBar: false }
}

/** The nearest place from which a row is in sight; null when it is already. */
export const placeShowing = (frame: Frame, { top }: Place, row: number): Place | null => {
  const above = row * rowPixels
  if (above < top) return placeAt(frame, above)
  if (above + rowPixels > top + frame.view) return placeAt(frame, above + rowPixels - frame.view)
  return null
}

const beyond = 8

/** Rows to draw: those in sight and a few more. */
export const rowsInSight = ({ rows, view }: Frame, { top }: Place): { readonly first: number; readonly last: number } => ({
  first: Math.max(0, Math.floor(top / rowPixels) - beyond),
  last: Math.min(rows, Math.ceil((top + view) / rowPixels) + beyond) - 1,
})

/** Within the element. */
export const rowTop = (row: number, { offset }: Place): number => row * rowPixels - offset
