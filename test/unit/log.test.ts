import { describe, expect, it } from 'vitest'
import { withoutSecrets } from '../../lib/log.ts'

describe('a log line', () => {
  it.each([
    ['cannot connect to postgres://ada:pa55@db:5432/x', 'cannot connect to postgres://ada:***@db:5432/x'],
    ['postgresql://ada:p%40ss:wd@db/x and redis://:pw@r', 'postgresql://ada:***@db/x and redis://:***@r'],
    ['{"err":"postgres://ada:pa55@db/x"}', '{"err":"postgres://ada:***@db/x"}'],
  ])('has no password in %s', (line, expected) => {
    expect(withoutSecrets(line)).toBe(expected)
  })

  it('has no one-time token', () => {
    expect(withoutSecrets('GET /welcome/abcdefghijklmnopqrstuvwxyz')).not.toContain('efghijklmnop')
    expect(withoutSecrets('GET /x?token=abcdefghijklmnopqrstuvwxyz')).not.toContain('efghijklmnop')
  })

  it('keeps addresses without a password', () => {
    expect(withoutSecrets('http://localhost:3000/tenants and a@b.example')).toBe('http://localhost:3000/tenants and a@b.example')
  })
})
