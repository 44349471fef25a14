import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

/** Needs the demo fleet as it was made; every other file takes it as it finds it. */
const first = 'test/e2e/rollout.test.ts'
/** Starts and kills processes beside the console. */
const last = 'test/e2e/start.test.ts'

const rank = ({ moduleId }: TestSpecification): number => (moduleId.endsWith(first) ? 0 : moduleId.endsWith(last) ? 2 : 1)

/** The usual order, in which the longest files come first, but for the two ends of the browser tests. */
export class Sequence extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await BaseSequencer.prototype.sort.call(this, files)
    return usual.toSorted((one, other) => rank(one) - rank(other))
  }
}
