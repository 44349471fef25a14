import { expect, it } from 'vitest'
import { lookSentence } from '@/components/drift/look-model'

const look = { databases: ['app'], targets: null, isAsked: true, isUnderWay: true }

it.each([
  [look, 'A look at the structures in app is under way, begun'],
  [{ ...look, targets: 1, isUnderWay: false }, 'A look at 1 structure in app waits for a worker, asked for'],
  [{ ...look, databases: ['a', 'b', 'c', 'd'], isAsked: false }, 'The scheduled look at the structures in 4 databases is under way, begun'],
])('%#: says what is looked at, and whether it has begun', (given, expected) => expect(lookSentence(given)).toBe(expected))
