import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { TenancyError } from '../errors.ts'

/**
 * Sealed text: version byte, 12 bytes of nonce, 16 bytes of tag, ciphertext (AES-256-GCM).
 * The version byte is authenticated too, and lets another scheme stand beside this one later.
 */
const version = 1
const nonceBytes = 12
const tagBytes = 16
const headBytes = 1 + nonceBytes + tagBytes
/** Shorter secrets could be guessed: the key is derived without stretching. */
const minSecretLength = 32

const keyOf = (secret: string): Uint8Array => {
  if (secret.length < minSecretLength) throw new TenancyError('secret.missing')
  return new Uint8Array(hkdfSync('sha256', secret, '', 'tenantry sealed text 1', 32))
}

/**
 * @param secret TENANTRY_SECRET, at least 32 characters
 * @throws secret.missing when the secret is too short
 */
export const seal = (secret: string, text: string): Buffer => {
  const nonce = randomBytes(nonceBytes)
  const head = Buffer.of(version)
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret), nonce).setAAD(head)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([head, nonce, cipher.getAuthTag(), body])
}

/** @throws secret.wrong when the secret is another one, or the sealed bytes were changed or cut */
export const unseal = (secret: string, sealed: Uint8Array): string => {
  const bytes = Buffer.from(sealed)
  if (bytes.length < headBytes || bytes[0] !== version) throw new TenancyError('secret.wrong')
  const nonce = bytes.subarray(1, 1 + nonceBytes)
  const key = keyOf(secret)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      .setAAD(bytes.subarray(0, 1))
      .setAuthTag(bytes.subarray(1 + nonceBytes, headBytes))
    return Buffer.concat([decipher.update(bytes.subarray(headBytes)), decipher.final()]).toString('utf8')
  } catch (error) {
    throw new TenancyError('secret.wrong', {}, error)
  }
}
