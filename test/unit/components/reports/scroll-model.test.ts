import { describe, expect, it } from 'vitest'
import {
  elementHeight,
  placeAt,
  placeShowing,
  placeWithin,
  rowPixels,
  rowsInSight,
  rowTop,
  scrolled,
  scrollTopOf,
  start,
  tallestElement,
  type Frame,
  type Place,
} from '@/components/reports/scroll-model'

const short: Frame = { rows: 1_000, view: 600 }
const long: Frame = { rows: 5_000_000, view: 600 }

describe('a table that a browser can hold', () => {
  it('scrolls as any element does', () => {
    expect(elementHeight(short)).toBe(1_000 * rowPixels)
    expect(scrolled(short, start, 12_345)).toEqual({ place: { top: 12_345, offset: 0 }, moveBar: false })
  })
})

describe('a table of five million rows', () => {
  it('is an element that a browser can hold', () => expect(elementHeight(long)).toBe(tallestElement))

  it('moves by single rows where somebody turns the wheel', () => {
    let place: Place = placeAt(long, 75_000_000)
    const before = rowsInSight(long, place).first
    for (let step = 0; step < 10; step += 1) place = scrolled(long, place, scrollTopOf(place) + rowPixels).place
    expect(rowsInSight(long, place).first).toBe(before + 10)
  })

  it('leaps to the share of the whole to which the bar is dragged', () => {
    const last = tallestElement - long.view
    expect(rowsInSight(long, scrolled(long, start, last / 2).place).first).toBeCloseTo(2_500_000, -3)
    expect(rowsInSight(long, scrolled(long, start, last).place).last).toBe(4_999_999)
  })

  it('comes to its first and its last row by small steps as well, and puts the bar where it belongs', () => {
    const nearEnd = placeAt(long, 5_000_000 * rowPixels - long.view - 100)
    const atEnd = scrolled(long, nearEnd, scrollTopOf(nearEnd) + 100).place
    expect(rowsInSight(long, atEnd).last).toBe(4_999_999)
    expect(scrollTopOf(atEnd)).toBe(tallestElement - long.view)
    const nearStart = placeAt(long, 100)
    const atStart = scrolled(long, nearStart, scrollTopOf(nearStart) - 100)
    expect(atStart.place).toEqual(start)
  })

  it('gives the bar room again when it stands at its end and the rows do not', () => {
    const worn: Place = { top: 90_000_000, offset: 90_000_000 - 50 }
    const { place, moveBar } = scrolled(long, worn, 0)
    expect(moveBar).toBe(true)
    expect(place.top).toBe(90_000_000 - 50)
    expect(scrollTopOf(place)).toBeGreaterThan(1_000_000)
  })

  it('draws a row inside the element wherever one is', () => {
    for (const row of [0, 1_000_000, 4_999_999]) {
      const place = placeShowing(long, start, row) ?? start
      expect(rowTop(row, place)).toBeGreaterThanOrEqual(0)
      expect(rowTop(row, place) + rowPixels).toBeLessThanOrEqual(tallestElement)
      const { first, last } = rowsInSight(long, place)
      expect(row).toBeGreaterThanOrEqual(first)
      expect(row).toBeLessThanOrEqual(last)
    }
  })

  it('shows the last rows when most of them have gone', () => {
    const few: Frame = { rows: 100, view: 600 }
    expect(rowsInSight(few, placeWithin(few, placeAt(long, 90_000_000))).last).toBe(99)
    expect(placeWithin(few, { top: 30, offset: 0 })).toEqual({ top: 30, offset: 0 })
  })

  it('stays where it is for a row that is in sight', () => expect(placeShowing(long, placeAt(long, 3_000), 105)).toBeNull())
})
