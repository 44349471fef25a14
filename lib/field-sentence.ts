/** What is wrong with a field as one sentence: some of the messages go on from its name, others stand by themselves. */
export const fieldSentence = (field: string, message: string): string =>
  /^(is|must|needs|holds|has)\b/.test(message) ? `${field} ${message}` : `${field}: ${message}`
