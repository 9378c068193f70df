// Which URLs a client may have the server call, and that nothing is sent to the others.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { enReasons, tell } from '../../src/contract/messages/en-reasons';
import { checkTarget, guardedFetch, TargetError, type TargetPolicy } from '../../src/platform/guarded-fetch';
import { REFUSED_HOSTS, REFUSED_URLS } from './refused-urls';

const PUBLIC_ONLY = { allowPrivate: false };
const ANYWHERE = { allowPrivate: true };

/** Why a URL may not be called, in English; null where it may. */
function faultOf(url: string, policy: TargetPolicy): string | null {
  const check = checkTarget(url, policy);
  return check.ok ? null : tell(enReasons, check.reason);
}

const ALLOWED = [
  'https://example.com',
  'https://example.com/hook?token=1#part',
  'https://EXAMPLE.com./hook',
  'https://example.com:443/hook',
  'https://hooks.example.co.uk/',
  'https://localhost.example.com/',
  'https://internal.example.com/',
  'https://local.example/',
  'https://my-local.dev/',
  'https://notlocalhost.dev/',
  'https://예시.한국/hook',
  'https://xn--vv4bt1h.xn--3e0b707e/hook',
  'https://1password.com/',
  'https://10.example.com/',
  'https://8.8.8.8/hook',
  'https://134744072/',
  'https://172.32.0.1/',
  'https://172.15.255.255/',
  'https://100.128.0.1/',
  'https://169.253.0.1/',
  'https://[2606:4700:4700::1111]/hook',
  'https://[2a00:1450:4001:831::200e]:443/',
];

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(Object.entries(REFUSED_HOSTS))('%s', (_name, hosts) => {
  it.each(hosts.map((host) => [`https://${host}/hook`]))('%j is refused', (url) => {
    expect(checkTarget(url, PUBLIC_ONLY)).toMatchObject({ ok: false });
  });
});

it.each(REFUSED_URLS.map((url) => [url]))('%j is refused', (url) => {
  expect(checkTarget(url, PUBLIC_ONLY)).toMatchObject({ ok: false });
});

it.each(ALLOWED.map((url) => [url]))('%j is allowed', (url) => {
  expect(checkTarget(url, PUBLIC_ONLY)).toEqual({ ok: true, url: new URL(url) });
});

describe('where private targets are allowed', () => {
  it.each([
    'http://127.0.0.1:8080/hook',
    'http://localhost:9000',
    'https://printer.local/',
    'http://[::1]:3000/',
    'https://example.com:8443/',
    'http://169.254.169.254/',
    'http://redis:6379/',
  ])('%s may be called', (url) => {
    expect(checkTarget(url, ANYWHERE)).toMatchObject({ ok: true });
  });

  it.each([
    ['ftp://localhost/', 'it must start with https:// or http://'],
    ['file:///etc/passwd', 'it must start with https:// or http://'],
    ['http://user@localhost/', 'it must not contain a user name or password'],
    ['http://:password@localhost/', 'it must not contain a user name or password'],
    ['localhost:8080', 'it must start with https:// or http://'],
    ['http://', 'it is not a complete URL, e.g. https://example.com/path'],
  ])('%s may not', (url, reason) => {
    expect(faultOf(url, ANYWHERE)).toBe(reason);
  });
});

it.each([
  ['ftp://example.com/', 'it must start with https://'],
  ['http://example.com/', 'it must start with https://, not http://'],
  ['https://2130706433/', 'the address 127.0.0.1 is not a public one'],
  ['https://[0::ffff:127.0.0.1]/', 'the address ::ffff:7f00:1 is not a public one'],
  ['https://Metadata.Google.Internal./', 'the name "metadata.google.internal" is not a public one'],
  ['https://user:secret@example.com/', 'it must not contain a user name or password'],
  ['https://example.com:8443/', 'port 8443 is not allowed, only 443 and 80 are'],
  ['nonsense', 'it is not a complete URL, e.g. https://example.com/path'],
])('%s is refused with its reason', (url, reason) => {
  expect(faultOf(url, PUBLIC_ONLY)).toBe(reason);
});

it('further ports are allowed by a setting, and nothing else with them', () => {
  const policy = { allowPrivate: false, ports: ['8443'] };
  expect(checkTarget('https://example.com:8443/', policy)).toMatchObject({ ok: true });
  expect(checkTarget('https://127.0.0.1:8443/', policy)).toMatchObject({ ok: false });
  expect(checkTarget('http://example.com:8443/', policy)).toMatchObject({ ok: false });
  expect(faultOf('https://example.com:8080/', policy)).toBe(
    'port 8080 is not allowed, only 443, 80 and 8443 are',
  );
});

describe('guardedFetch', () => {
  const mockFetch = () => vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('hello'));

  it('sends nothing to a refused target', async () => {
    const fetched = mockFetch();
    const refused = guardedFetch('https://127.1/', { method: 'POST' }, PUBLIC_ONLY);
    await expect(refused).rejects.toThrow(TargetError);
    await expect(refused).rejects.toMatchObject({ reason: ['address_not_public', '127.0.0.1'] });
    expect(fetched).not.toHaveBeenCalled();
  });

  it('fetches the URL as it was read for the check, and follows no redirect', async () => {
    const fetched = mockFetch();
    const response = await guardedFetch(
      ' https:\\\\EXAMPLE.com/a\tb ',
      { method: 'POST', body: 'x' },
      PUBLIC_ONLY,
    );
    expect(await response.text()).toBe('hello');
    expect(fetched).toHaveBeenCalledExactlyOnceWith('https://example.com/ab', {
      method: 'POST',
      body: 'x',
      redirect: 'manual',
    });
  });
});
