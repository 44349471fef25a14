import { describe, expect, it } from 'vitest'
import {
  cellAt,
  cellPosition,
  cellShapes,
  cellHref,
  cellOrders,
  countGroups,
  factsOf,
  groupsFor,
  layoutMap,
  mapViews,
  moveCell,
  stateOfLetter,
  totalOf,
  type MapGroup,
} from '../../../components/fleet/map-model.ts'
import { driftLetters, versionLetters } from '../../../lib/tenancy/contract/index.ts'

const group = (database: string, count: number, letter = 'h'): MapGroup => ({
  database,
  set: 'app',
  slugs: Array.from({ length: count }, (_, index) => `${database}-${index}`),
  versions: Array.from({ length: count }, () => '0012'),
  letters: letter.repeat(count),
})

describe('layout', () => {
  it('makes cells as large as the height allows', () => {
    expect(layoutMap([group('eu', 200)], 1000, 420).cell).toBe(18)
    expect(layoutMap([group('eu', 10_000)], 1000, 420).cell).toBeLessThan(7)
  })

  it('keeps 10,000 cells in one screen’s height', () => expect(layoutMap([group('eu', 6000), group('us', 4000)], 1100, 420).height).toBeLessThanOrEqual(420))
  it('grows in height rather than losing cells when nothing fits', () => expect(layoutMap([group('eu', 10_000)], 300, 100).cell).toBe(4))

  it('finds the cell again where it was drawn, in every group', () => {
    const groups = [group('eu', 90), group('us', 37)]
    const layout = layoutMap(groups, 400, 420)
    for (const [index, { slugs }] of groups.entries())
      for (let cell = 0; cell < slugs.length; cell += 1) {
        const { x, y } = cellPosition(layout, { group: index, index: cell })
        expect(cellAt(layout, x + 1, y + 1)).toEqual({ group: index, index: cell })
      }
  })

  it('finds nothing beside the cells', () => {
    const layout = layoutMap([group('eu', 3)], 400, 420)
    expect(cellAt(layout, 200, 25)).toBeNull()
    expect(cellAt(layout, -1, 25)).toBeNull()
    expect(cellAt(layout, 1, 2)).toBeNull()
  })
})

describe('keys', () => {
  const layout = layoutMap([group('eu', 25), group('us', 7)], 200, 420)
  const { columns } = layout

  it('goes right over the end of a group into the next one, and back', () => {
    expect(moveCell(layout, { group: 0, index: 24 }, 'ArrowRight')).toEqual({ group: 1, index: 0 })
    expect(moveCell(layout, { group: 1, index: 0 }, 'ArrowLeft')).toEqual({ group: 0, index: 24 })
  })

  it('goes down in the column, to the last cell of a short line, then into the next group', () => {
    expect(moveCell(layout, { group: 0, index: 0 }, 'ArrowDown')).toEqual({ group: 0, index: columns })
    expect(moveCell(layout, { group: 0, index: 19 }, 'ArrowDown')).toEqual({ group: 0, index: 24 })
    expect(moveCell(layout, { group: 0, index: 22 }, 'ArrowDown')).toEqual({ group: 1, index: 2 })
    expect(moveCell(layout, { group: 1, index: 2 }, 'ArrowUp')).toEqual({ group: 0, index: 22 })
  })

  it('stays at the ends', () => {
    expect(moveCell(layout, { group: 0, index: 0 }, 'ArrowLeft')).toBeNull()
    expect(moveCell(layout, { group: 1, index: 6 }, 'ArrowRight')).toBeNull()
    expect(moveCell(layout, { group: 1, index: 6 }, 'End')).toEqual({ group: 1, index: 6 })
  })
})

describe('states', () => {
  it('reads every letter back', () => {
    for (const [state, letter] of Object.entries({ ...versionLetters, ...driftLetters })) expect(stateOfLetter(letter)).toBe(state)
  })

  it.each(mapViews)('gives each state of the %s view a shape of its own besides the colour', (view) => {
    const shapes = cellOrders[view].map((state) => JSON.stringify(cellShapes[state]))
    expect(new Set(shapes).size).toBe(shapes.length)
  })

  it('has no letter for two states, so that either view is read by the same table', () => {
    const letters = [...Object.values(versionLetters), ...Object.values(driftLetters)]
    expect(new Set(letters).size).toBe(letters.length)
  })

  it('is coloured by version or by drift', () => {
    const cells = { database: 'eu', set: 'app', slugs: ['a', 'b', 'c'], versions: ['1', null, '1'], letters: 'hbh', drift: '=!?' }
    expect(groupsFor('version', [cells])[0]?.letters).toBe('hbh')
    const [byDrift] = countGroups(groupsFor('drift', [cells]))
    expect(byDrift?.counts).toEqual({ norm: 1, drifted: 1, unknown: 1 })
  })

  it('leads from a number to just those tenants, where a filter finds them', () => {
    expect(cellHref('drifted', 'eu', 'app')).toBe('/tenants?set=app&database=eu&drift=drifted')
    expect(cellHref('behind', 'eu', 'app')).toBe('/tenants?set=app&database=eu&versionState=behind')
    expect(cellHref('unobserved', 'eu', 'app')).toBeNull()
  })

  it('counts a group by state and says what a cell is', () => {
    const mixed: MapGroup = { database: 'eu', set: 'app', slugs: ['a', 'b', 'c'], versions: ['1', null, '1'], letters: 'hbh' }
    expect(countGroups([mixed])[0]).toMatchObject({ total: 3, counts: { at_head: 2, behind: 1 } })
    expect(totalOf(countGroups([mixed, mixed]))).toEqual({ at_head: 4, behind: 2 })
    expect(factsOf([mixed], { group: 0, index: 1 })).toEqual({ slug: 'b', state: 'behind', version: null, database: 'eu', set: 'app' })
    expect(factsOf([mixed], { group: 0, index: 9 })).toBeNull()
  })
})
