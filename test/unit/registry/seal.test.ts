import { describe, expect, it } from 'vitest'
import { seal, unseal } from '../../../lib/tenancy/control/seal.ts'
import { isTenancyError } from '../../../lib/tenancy/errors.ts'

const secret = 'a secret of more than thirty-two characters'
const url = 'postgres://ada:pä$$wörd@db.example.com:5432/app'

const codeOf = (act: () => unknown): string => {
  try {
    act()
    return 'nothing thrown'
  } catch (error) {
    return isTenancyError(error) ? error.code : String(error)
  }
}

describe('sealing a text', () => {
  it('gives the text back with the same secret', () => {
    expect(unseal(secret, seal(secret, url))).toBe(url)
    expect(unseal(secret, seal(secret, ''))).toBe('')
  })

  it('never gives the same bytes twice and holds nothing of the text', () => {
    const first = seal(secret, url)
    expect(first.equals(seal(secret, url))).toBe(false)
    expect(first.includes('example')).toBe(false)
  })

  it('refuses another secret, changed bytes, cut bytes and an unknown version', () => {
    const sealed = seal(secret, url)
    expect(codeOf(() => unseal(`${secret}!`, sealed))).toBe('secret.wrong')
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed)
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(codeOf(() => unseal(secret, changed))).toBe('secret.wrong')
    }
    expect(codeOf(() => unseal(secret, sealed.subarray(0, 20)))).toBe('secret.wrong')
    expect(codeOf(() => unseal(secret, Buffer.alloc(0)))).toBe('secret.wrong')
  })

  it('refuses a secret that could be guessed', () => {
    expect(codeOf(() => seal('short', url))).toBe('secret.missing')
  })
})
