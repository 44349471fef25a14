import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { childEnvironment } from '../../lib/env.ts'
import { withoutSecrets } from '../../lib/log.ts'
import { projectRoot } from '../../lib/root.ts'

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

  it('has no password of a connection string, whatever it is written of', () => {
    const url = 'postgres://ada:pa55word@db.example.com:5432/fleet'
    const program = `
      const { createLogger } = await import(${JSON.stringify(join(projectRoot, 'lib', 'log.ts'))})
      const logger = createLogger('test')
      const url = ${JSON.stringify(url)}
      const err = Object.assign(new Error('cannot reach ' + url, { cause: new Error(url) }), { options: { password: 'pa55word' }, url })
      logger.error({ err, run: 7, tenant: 'acme', attempt: 2, where: { at: { url } }, list: [url] }, 'item.failed')
      logger.warn({ password: 'pa55word', connection: { password: 'pa55word' } }, url)`
    const written = execFileSync('sh', ['-c', 'exec "$0" --input-type=module -e "$1" 2>&1', process.execPath, program], {
      encoding: 'utf8',
      env: childEnvironment({ LOG_LEVEL: 'info' }),
    })
    expect(written).not.toContain('pa55word')
    const [line = ''] = written.split('\n')
    expect(JSON.parse(line)).toMatchObject({ run: 7, tenant: 'acme', attempt: 2, msg: 'item.failed' })
  })
})
