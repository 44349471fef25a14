import { describe, expect, it } from 'vitest'
import { cellAfterKey, cellAt, cellOrigin, changedCells, layoutMap, nextOfLetter } from '../../../components/runs/run-map-model.ts'

describe('layout', () => {
  it.each([
    [1, 1200],
    [200, 1200],
    [1_000, 1200],
    [10_000, 1200],
    [10_000, 358],
  ])('holds %i cells in %i pixels', (count, width) => {
    const layout = layoutMap(count, width, 240)
    expect(layout.columns * layout.rows).toBeGreaterThanOrEqual(count)
    expect(layout.columns * (layout.cell + layout.gap) - layout.gap).toBeLessThanOrEqual(width)
    const last = cellOrigin(layout, count - 1)
    expect(last.y + layout.cell).toBeLessThanOrEqual(layout.height)
  })

  it('takes the largest cells that fit and stays within the height when it can', () => {
    expect(layoutMap(20, 1200, 240).cell).toBe(20)
    expect(layoutMap(10_000, 1200, 240).height).toBeLessThanOrEqual(240)
  })

  it('survives no items and no room', () => {
    expect(layoutMap(0, 1200, 240)).toMatchObject({ rows: 0, height: 0 })
    expect(layoutMap(5, 0, 240).columns).toBe(1)
  })
})

describe('pointing', () => {
  const layout = layoutMap(50, 220, 400)
  it('finds each cell by its own origin and by its far corner', () => {
    for (let index = 0; index < 50; index += 1) {
      const { x, y } = cellOrigin(layout, index)
      expect(cellAt(layout, 50, x, y)).toBe(index)
      expect(cellAt(layout, 50, x + layout.cell - 0.5, y + layout.cell - 0.5)).toBe(index)
    }
  })

  it('finds nothing outside', () => {
    expect(cellAt(layout, 50, -1, 0)).toBeNull()
    expect(cellAt(layout, 50, 5_000, 0)).toBeNull()
    expect(cellAt(layout, 3, 0, layout.cell * 4)).toBeNull()
  })
})

it('moves by keys and stays inside', () => {
  const layout = layoutMap(50, 220, 400)
  expect(cellAfterKey(layout, 50, 0, 'ArrowRight')).toBe(1)
  expect(cellAfterKey(layout, 50, 0, 'ArrowLeft')).toBe(0)
  expect(cellAfterKey(layout, 50, 0, 'ArrowDown')).toBe(layout.columns)
  expect(cellAfterKey(layout, 50, 49, 'ArrowDown')).toBe(49)
  expect(cellAfterKey(layout, 50, 7, 'End')).toBe(49)
  expect(cellAfterKey(layout, 50, 7, 'x')).toBeNull()
})

it('jumps to the next failed cell and round again', () => {
  expect(nextOfLetter('sfssf', 'f', -1)).toBe(1)
  expect(nextOfLetter('sfssf', 'f', 1)).toBe(4)
  expect(nextOfLetter('sfssf', 'f', 4)).toBe(1)
  expect(nextOfLetter('ssss', 'f', 0)).toBeNull()
})

it('redraws only what changed, and everything when the number of cells did', () => {
  expect(changedCells('ppp', 'psp')).toEqual([1])
  expect(changedCells('ppp', 'ppp')).toEqual([])
  expect(changedCells('ppp', 'pp')).toBeNull()
})
