import { describe, expect, it } from '@jest/globals';
import {
  assertAllowedUrl,
  isAllowedAddress,
  parseAllowedHost,
  type AllowedHost,
} from '../../../src/drivers/wasm/allowed-hosts.js';

function parsed(...entries: string[]): AllowedHost[] {
  return entries.map(parseAllowedHost).filter((entry) => entry !== null);
}

function allows(entry: string, url: string): boolean {
  try {
    assertAllowedUrl(new URL(url), parsed(entry));
    return true;
  } catch {
    return false;
  }
}

describe('an entry of allowedHosts', () => {
  it.each([
    ['example.com', 'http://example.com/'],
    ['Example.COM', 'https://EXAMPLE.com:8443/'],
    ['*.example.com', 'http://a.b.example.com/'],
    ['*', 'http://example.com/'],
    ['bücher.example', 'http://bücher.example/'],
    ['127.0.0.1', 'http://127.0.0.1:80/'],
    ['127.0.0.*', 'http://127.0.0.9/'],
    ['::1', 'http://[::1]/'],
    ['[::1]:8080', 'http://[0:0::1]:8080/'],
    ['example.com:80', 'http://example.com/'],
    ['example.com:443', 'https://example.com/'],
    ['*:8080', 'http://example.com:8080/'],
  ])('%s allows %s', (entry, url) => {
    expect(allows(entry, url)).toBe(true);
  });

  it.each([
    ['example.com', 'http://example.com.evil.example/'],
    ['example.com', 'http://a.example.com/'],
    ['example.com', 'http://example.com@evil.example/'],
    ['example.com', 'http://user:secret@example.com/'],
    ['example.com', 'ftp://example.com/'],
    ['example.com', 'data:text/plain,example.com'],
    ['*', 'file:///etc/passwd'],
    ['*.example.com', 'http://example.com/'],
    ['*.example.com', 'http://axexample.com/'],
    ['example.com:8080', 'http://example.com/'],
    ['127.0.0.1', 'http://[::ffff:127.0.0.1]/'],
  ])('%s does not allow %s', (entry, url) => {
    expect(allows(entry, url)).toBe(false);
  });

  it.each([
    '',
    'http://example.com',
    'example.com/',
    'user@example.com',
    'example.com:port',
    'exam ple.com',
    '[::1',
    'a.{com,org}',
    '1.2.3.4.5',
  ])('is refused where no URL could match it: %j', (entry) => {
    expect(parseAllowedHost(entry)).toBeNull();
  });
});

describe('a name that is allowed', () => {
  it.each([
    ['a public address', '93.184.215.14', ['example.com'], true],
    ['one of IPv6', '2606:2800:21f:cb07::1', ['example.com'], true],
    ['this machine', '127.0.0.1', ['example.com'], false],
    ['this machine in IPv6', '::1', ['example.com'], false],
    ['this machine in disguise', '::ffff:127.0.0.1', ['example.com'], false],
    ['no address at all', '0.0.0.0', ['example.com'], false],
    ['its network', '10.1.2.3', ['example.com'], false],
    ['its cloud', '169.254.169.254', ['example.com'], false],
    ['its link', 'fe80::1', ['example.com'], false],
    ['an address that is allowed, too', '10.1.2.3', ['example.com', '10.*'], true],
    ['one of IPv6 that is allowed, too', 'fd00::1', ['example.com', 'fd00::1'], true],
    ['an address that is allowed at another port', '10.1.2.3', ['example.com', '10.1.2.3:81'], false],
  ])('may stand for %s, or not', (_, address, entries, isAllowed) => {
    expect(isAllowedAddress(new URL('http://example.com/'), address, parsed(...entries))).toBe(isAllowed);
  });

  it('is of this machine where it is localhost', () => {
    const url = new URL('http://localhost/');
    expect(['::1', '127.0.0.1', '10.0.0.1'].map((address) => isAllowedAddress(url, address, []))).toEqual([
      true,
      true,
      false,
    ]);
  });
});
