// A resolver is asked where a name leads: what leads to a private address, or nowhere, is not called.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { guardedFetch, type TargetPolicy } from '../../src/platform/guarded-fetch';
import { targetPolicy } from '../../src/platform/target-policy';

const RESOLVER = 'https://dns.example.net/resolve?ct=json';
const POLICY: TargetPolicy = { allowPrivate: false, resolverUrl: RESOLVER };

type Records = { type: number; data: string }[];

/** Names are asked for once while they are remembered: each test has its own. */
let name: string;
let tests = 0;
let asked: URL[];
let fetched: string[];

beforeEach(() => {
  name = `name-${++tests}.example.com`;
  asked = [];
  fetched = [];
  vi.spyOn(console, 'warn').mockReturnValue();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The resolver knows these records, and every other host answers `hello`. */
function resolver(answer: (type: number, init: RequestInit) => Response | Promise<Response>) {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init = {}) => {
    const url = new URL(String(input));
    if (url.hostname !== 'dns.example.net') {
      fetched.push(url.href);
      return new Response('hello');
    }
    asked.push(url);
    expect(new Headers(init.headers).get('accept')).toBe('application/dns-json');
    return answer(Number(url.searchParams.get('type')), init as RequestInit);
  });
}

const records = (all: Records) =>
  resolver((type) =>
    Response.json({ Status: 0, Answer: all.filter((one) => one.type === type || one.type === 5) }),
  );

const call = (policy = POLICY) => guardedFetch(`https://${name}/hook`, {}, policy);

it('a name that leads to public addresses alone is called', async () => {
  records([
    { type: 5, data: 'alias.example.com.' },
    { type: 1, data: '93.184.216.34' },
    { type: 28, data: '2606:2800:220:1:248:1893:25c8:1946' },
  ]);
  expect(await (await call()).text()).toBe('hello');
  expect(asked.map(({ searchParams }) => [...searchParams])).toEqual([
    [
      ['ct', 'json'],
      ['name', name],
      ['type', '1'],
    ],
    [
      ['ct', 'json'],
      ['name', name],
      ['type', '28'],
    ],
  ]);
});

describe('a name is not called', () => {
  it.each<[string, Records]>([
    ['loopback', [{ type: 1, data: '127.0.0.1' }]],
    ['private', [{ type: 1, data: '10.0.0.1' }]],
    ['metadata', [{ type: 1, data: '169.254.169.254' }]],
    ['a metadata service on a public address', [{ type: 1, data: '168.63.129.16' }]],
    [
      'one of several private',
      [
        { type: 1, data: '93.184.216.34' },
        { type: 1, data: '192.168.0.1' },
      ],
    ],
    [
      'IPv6 private beside a public IPv4',
      [
        { type: 1, data: '93.184.216.34' },
        { type: 28, data: 'fd00::1' },
      ],
    ],
    ['IPv6 loopback', [{ type: 28, data: '::1' }]],
    ['IPv4 in IPv6', [{ type: 28, data: '::ffff:10.0.0.1' }]],
    ['NAT64', [{ type: 28, data: '64:ff9b::7f00:1' }]],
    ['what is no address', [{ type: 1, data: 'localhost' }]],
    ['an address in another notation', [{ type: 1, data: '2130706433' }]],
  ])('that leads to %s', async (_name, all) => {
    records(all);
    await expect(call()).rejects.toMatchObject({ reason: ['name_leads_inside', name] });
    expect(fetched).toEqual([]);
  });

  it.each<[string, () => Response]>([
    ['that is unknown', () => Response.json({ Status: 3 })],
    ['that has no addresses', () => Response.json({ Status: 0 })],
    ['that has an alias only', () => Response.json({ Status: 0, Answer: [{ type: 5, data: 'x.example.' }] })],
    ['where the resolver fails', () => new Response('', { status: 500 })],
    ['where the resolver redirects', () => new Response('', { status: 302, headers: { location: '/x' } })],
    ['where the resolver is no resolver', () => new Response('<html>')],
    ['where the resolver says too much', () => new Response('x'.repeat(70_000))],
    [
      'where the resolver cannot be reached',
      () => {
        throw new Error('Network connection lost.');
      },
    ],
  ])('%s', async (_name, answer) => {
    resolver(answer);
    await expect(call()).rejects.toMatchObject({ reason: ['name_unresolved', name] });
    expect(fetched).toEqual([]);
  });

  it('where the resolver hangs, after five seconds', async () => {
    vi.useFakeTimers();
    resolver(
      (_type, init) =>
        new Promise((_resolve, reject) => {
          init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        }),
    );
    const refused = expect(call()).rejects.toThrow('name_unresolved');
    await vi.advanceTimersByTimeAsync(5_000);
    await refused;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the resolver is asked', () => {
  it('once in half a minute for a name, and then again', async () => {
    vi.useFakeTimers();
    records([{ type: 1, data: '93.184.216.34' }]);
    for (let n = 0; n < 5; n++) await call();
    expect([asked.length, fetched.length]).toEqual([2, 5]);
    vi.advanceTimersByTime(30_001);
    vi.restoreAllMocks();
    records([{ type: 1, data: '127.0.0.1' }]);
    await expect(call()).rejects.toThrow('name_leads_inside');
    expect(asked).toHaveLength(4);
  });

  it('again at once where it did not know', async () => {
    resolver(() => Response.json({ Status: 2 }));
    await expect(call()).rejects.toThrow('name_unresolved');
    vi.restoreAllMocks();
    records([{ type: 1, data: '93.184.216.34' }]);
    expect(await (await call()).text()).toBe('hello');
  });

  it.each(['https://93.184.216.34/', 'https://[2606:4700:4700::1111]/'])(
    'not for an address: %s',
    async (url) => {
      resolver(() => Response.json({ Status: 3 }));
      await guardedFetch(url, {}, POLICY);
      expect(asked).toEqual([]);
    },
  );

  it('not where there is none, nor where private addresses are allowed', async () => {
    resolver(() => Response.json({ Status: 3 }));
    await call({ allowPrivate: false });
    await call({ allowPrivate: true, resolverUrl: RESOLVER });
    expect(asked).toEqual([]);
    expect(fetched).toHaveLength(2);
  });
});

describe('the settings of a deployment', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['8443', ['8443']],
    ['8443, 8080', ['8443', '8080']],
    ['all', []],
    ['8443,0,-1,1e3, ,22x', ['8443']],
  ])('OUTGOING_PORTS=%j', (value, ports) => {
    const env = { ALLOW_PRIVATE_NETWORK: 'false', ...(value !== undefined && { OUTGOING_PORTS: value }) };
    expect(targetPolicy(env)).toEqual({ allowPrivate: false, ports, resolverUrl: null });
  });

  it.each([
    ['true', true],
    ['false', false],
    ['TRUE', false],
    ['1', false],
    ['', false],
  ])('ALLOW_PRIVATE_NETWORK=%j', (value, allowPrivate) => {
    expect(targetPolicy({ ALLOW_PRIVATE_NETWORK: value }).allowPrivate).toBe(allowPrivate);
  });
});
