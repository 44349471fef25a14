import type { AttemptError } from '../../contract/views.ts'

const placeOf = ({ file, line }: AttemptError): string => (file === null ? '' : ` (${file}${line === null ? '' : `, line ${line}`})`)

/** Why there is nothing to compare with, or why a set does not stand by itself. */
export const problemSentence = (problem: AttemptError): string =>
  `Replaying the set failed${placeOf(problem)}: ${problem.message.replace(/\.$/, '')} (${problem.code}).`
