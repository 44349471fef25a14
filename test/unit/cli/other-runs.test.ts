import { expect, it } from 'vitest'
import { otherRunsSentence } from '../../../lib/cli/other-runs.ts'

it('says which other runs a command works on, and for how long', () => {
  expect(otherRunsSentence(42, [41], 1)).toBe(
    'Run 41 is under way as well, with 1 target to go. Until run 42 has ended, this process works on that too where no worker does.',
  )
  expect(otherRunsSentence(42, [39, 40, 41], 10_250)).toBe(
    'Runs 39, 40 and 41 are under way as well, with 10,250 targets to go. Until run 42 has ended, this process works on those too where no worker does.',
  )
})
