import { expect, it } from 'vitest'
import { formatColumns } from '../../../lib/cli/columns.ts'

it('aligns text to the left and numbers to the right, without trailing spaces', () => {
  const text = formatColumns(
    [
      { name: 'acme', pending: '12', state: 'behind' },
      { name: 'müller-print', pending: '0', state: '' },
    ],
    [
      { title: 'name', value: ({ name }) => name },
      { title: 'pending', value: ({ pending }) => pending, isNumber: true },
      { title: 'state', value: ({ state }) => state },
    ],
  )
  expect(text.split('\n')).toEqual(['NAME          PENDING  STATE', 'acme               12  behind', 'müller-print        0'])
})
