// Which URLs a client may have the server call, and that nothing is sent to the others.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkTarget, guardedFetch, TargetError } from '../../src/platform/guarded-fetch';

const PUBLIC_ONLY = { allowPrivate: false };
const ANYWHERE = { allowPrivate: true };

/** `https://` + each of these, by what it tries. */
const REFUSED_HOSTS: Record<string, string[]> = {
  'IPv4 loopback in every notation': [
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '127.0.1',
    '127.255.255.254',
    '2130706433',
    '0x7f000001',
    '0x7f.0x0.0x0.0x1',
    '0x7f.1',
    '0177.0.0.1',
    '00000177.0.0.1',
    '017700000001',
    '0177.0x0.0.1',
    '127.0.0.0x1',
    '%31%32%37.0.0.1',
    '127%2e0%2e0%2e1',
    '１２７.０.０.１',
    '127。0。0。1',
    '127．0．0．1',
    '①②⑦.⓪.⓪.①',
    '𝟏𝟐𝟕.𝟎.𝟎.𝟏',
    '127.0.0\u00ad.1',
  ],
  'the unspecified address': [
    '0.0.0.0',
    '0',
    '0x0',
    '00',
    '0.0.0.0.',
    '0.1.2.3',
    '[::]',
    '[0:0:0:0:0:0:0:0]',
  ],
  'private IPv4': [
    '10.0.0.1',
    '10.255.255.255',
    '167772161',
    '012.0.0.1',
    '0xa000001',
    '172.16.0.1',
    '172.31.255.255',
    '2886729729',
    '192.168.0.1',
    '192.168.257',
    '0xc0a80001',
    '3232235521',
  ],
  'link-local and metadata IPv4': [
    '169.254.169.254',
    '169.254.169.254.',
    '169.254.43518',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '0xa9.0xfe.0xa9.0xfe',
    '169.254.170.2',
    '169.254.0.23',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    '2822734096',
  ],
  'other IPv4 that is not for the public': [
    '100.64.0.1',
    '100.127.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.7',
    '203.0.113.9',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
    '4294967295',
    '037777777777',
  ],
  'IPv6 that is not for the public': [
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[0000:0000:0000:0000:0000:0000:0000:0001]',
    '[fe80::1]',
    '[fe80::1%25eth0]',
    '[fe80::1%eth0]',
    '[febf::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[FD20:CE::254]',
    '[fec0::1]',
    '[ff02::1]',
    '[ff0e::1]',
    '[100::1]',
    '[2001:db8::1]',
    '[2001:2::1]',
    '[2001:10::1]',
    '[2001:20::1]',
    '[3fff::1]',
    '[5f00::1]',
    '[4000::1]',
    '[8000::1]',
    '[1::1]',
  ],
  'IPv4 inside IPv6': [
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::FFFF:7F00:0001]',
    '[0:0:0:0:0:ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    '[::ffff:10.0.0.1]',
    '[::ffff:192.168.0.1]',
    '[::ffff:100.64.0.1]',
    '[::ffff:0.0.0.0]',
    '[::ffff:0:127.0.0.1]',
    '[::ffff:8.8.8.8]',
    '[::127.0.0.1]',
    '[::7f00:1]',
    '[::a9fe:a9fe]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b::169.254.169.254]',
    '[64:ff9b::a00:1]',
    '[64:ff9b:1::10.0.0.1]',
    '[64:ff9b:1:ffff::a9fe:a9fe]',
    '[2002:7f00:1::]',
    '[2002:7f00:0001::1]',
    '[2002:a9fe:a9fe::]',
    '[2002:a00:1::1]',
    '[2002:c0a8:1::1]',
    '[2001:0:7f00:1::]',
    '[2001::80ff:fffe]',
    '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
    '[2a00:1450::5efe:7f00:1]',
    '[2a00:1450::200:5efe:10.0.0.1]',
  ],
  'private names': [
    'localhost',
    'LOCALHOST',
    'LocalHost.',
    'localhost..',
    'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
    'ｌｏｃａｌｈｏｓｔ',
    'local\u00adhost',
    'l%6fcalhost',
    'lo\tcal\nhost',
    'hook.localhost',
    'a.b.localhost.',
    'localhost.localdomain',
    'metadata',
    'metadata.google.internal',
    'metadata.google.internal.',
    'METADATA.GOOGLE.INTERNAL',
    'metadata。google。internal',
    'metadata.goog',
    'metadata.tencentyun.com',
    'ip-10-0-0-1.ec2.internal',
    'instance-data',
    'kubernetes',
    'redis',
    'printer.local',
    'printer.local.',
    'router.home.arpa',
    'home.arpa',
    'nas.lan',
    'wiki.corp',
    'wiki.intranet',
    'nas.home',
    'db.private',
    'internal',
    'com',
    'a..example.com',
  ],
};

/** Whole URLs that parsers are known to disagree on. */
const REFUSED_URLS = [
  'https:127.0.0.1',
  'https:/127.0.0.1/',
  'https:///127.0.0.1/',
  'https:\\\\127.0.0.1\\',
  'https://127.0.0.1#@example.com/',
  'https://127.0.0.1\\@example.com/',
  'https://127.0.0.1?@example.com/',
  'https://example.com@127.0.0.1/',
  'https://example.com:443@127.0.0.1/',
  'https://127.0.0.1:443/',
  'https://[::1]:443/',
  'https://localhost:80/',
  ' https://127.0.0.1/ ',
  'ht\ntps://127.0.0.1/',
  'HTTPS://127.0.0.1/',
  'http://example.com/',
  'http://127.0.0.1/',
  'http://example.com:443/',
  'ftp://example.com/',
  'file:///etc/passwd',
  'file://example.com/etc/passwd',
  'gopher://example.com/_x',
  'ws://example.com/',
  'wss://example.com/',
  'data:text/plain,x',
  'javascript:alert(1)',
  'blob:https://example.com/1',
  'https+unix://example.com/',
  'https://user@example.com/',
  'https://user:password@example.com/',
  'https://:password@example.com/',
  'https://%75ser@example.com/',
  'https://example.com:8443/',
  'https://example.com:22/',
  'https://example.com:6379/',
  'https://example.com:0/',
  'https://example.com:99999/',
  'https://example.com:-1/',
  'https://',
  'https://:443/',
  'https://1.2.3.4.5/',
  'https://256.256.256.256/',
  'https://[::1/',
  'https://exa mple.com/',
  '//example.com/hook',
  '/hook',
  'example.com/hook',
  'example.com:443/hook',
  '',
];

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
    ['ftp://localhost/', 'it must start with https://'],
    ['file:///etc/passwd', 'it must start with https://'],
    ['http://user@localhost/', 'it must not contain a user name or password'],
    ['http://:password@localhost/', 'it must not contain a user name or password'],
    ['localhost:8080', 'it must start with https://'],
    ['http://', 'it is not a complete URL, e.g. https://example.com/path'],
  ])('%s may not', (url, reason) => {
    expect(checkTarget(url, ANYWHERE)).toEqual({ ok: false, reason });
  });
});

it.each([
  ['http://example.com/', 'it must start with https://, not http://'],
  ['https://2130706433/', 'the address 127.0.0.1 is not a public one'],
  ['https://[0::ffff:127.0.0.1]/', 'the address ::ffff:7f00:1 is not a public one'],
  ['https://Metadata.Google.Internal./', 'the name "metadata.google.internal" is not a public one'],
  ['https://user:secret@example.com/', 'it must not contain a user name or password'],
  ['https://example.com:8443/', 'port 8443 is not allowed, only 443 and 80 are'],
  ['nonsense', 'it is not a complete URL, e.g. https://example.com/path'],
])('%s is refused with its reason', (url, reason) => {
  expect(checkTarget(url, PUBLIC_ONLY)).toEqual({ ok: false, reason });
});

describe('guardedFetch', () => {
  const mockFetch = () => vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('hello'));

  it('sends nothing to a refused target', async () => {
    const fetched = mockFetch();
    const refused = guardedFetch('https://127.1/', { method: 'POST' }, PUBLIC_ONLY);
    await expect(refused).rejects.toThrow(TargetError);
    await expect(refused).rejects.toMatchObject({ reason: 'the address 127.0.0.1 is not a public one' });
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
