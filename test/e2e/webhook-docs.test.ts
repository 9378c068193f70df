// The code of docs/webhooks.md that checks deliveries, run as it stands there on the published vectors and on our own signatures.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, describe, expect, it } from 'vitest';

interface Delivery {
  secret: string;
  headers: Record<string, string>;
  body: string;
  now: number;
  expected: boolean;
}

const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'quire-docs-'));

afterAll(() => rmSync(folder, { recursive: true }));

/** The page's one block in a language. */
function codeOf(language: string): string {
  const blocks = Array.from(page.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)).filter(
    (match) => match[1] === language,
  );
  expect(blocks).toHaveLength(1);
  return blocks[0]?.[2] ?? '';
}

// Standard Webhooks' vector.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const NOW = 1614265330;
const VECTOR = {
  secret: SECRET,
  headers: {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': String(NOW),
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  body: '{"test": 2432232314}',
  now: NOW,
  expected: true,
};

/** Signed by the reference library. */
function signed(secret: string, body: string): Delivery {
  const webhook = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' });
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(NOW),
    'webhook-signature': webhook.sign('evt_1', new Date(NOW * 1000), body),
  };
  return { secret, headers, body, now: NOW, expected: true };
}

const refused = (change: Partial<Delivery>): Delivery => ({ ...VECTOR, ...change, expected: false });
const withHeader = (name: string, value: string) => ({ headers: { ...VECTOR.headers, [name]: value } });
const first = VECTOR.headers['webhook-signature'];

const DELIVERIES: Record<string, Delivery> = {
  'the vector': VECTOR,
  'a body beyond ASCII': signed(SECRET, '{"text":"배치가 끝났습니다 👋"}'),
  'a secret of plain text': signed('correct horse battery staple', '{}'),
  'the second of two signatures': {
    ...VECTOR,
    ...withHeader('webhook-signature', `v1,${'A'.repeat(43)}= ${first}`),
  },
  'a version it does not know beside it': { ...VECTOR, ...withHeader('webhook-signature', `v2,x ${first}`) },
  'five minutes later': { ...VECTOR, now: NOW + 300 },
  'a changed body': refused({ body: '{"test": 2432232315}' }),
  'another secret': refused({ secret: 'whsec_AAAA9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }),
  'another id': refused(withHeader('webhook-id', 'msg_2')),
  'a changed time': refused(withHeader('webhook-timestamp', String(NOW + 1))),
  'too late': refused({ now: NOW + 301 }),
  'too early': refused({ now: NOW - 301 }),
  'no time': refused(withHeader('webhook-timestamp', 'now')),
  'no signature': refused(withHeader('webhook-signature', '')),
  'a signature without its version': refused(withHeader('webhook-signature', first.slice(3))),
};

function expectVerdicts(verdicts: unknown): void {
  const names = Object.keys(DELIVERIES);
  const expected = Object.values(DELIVERIES).map((delivery) => delivery.expected);
  expect(verdicts).toEqual(Object.fromEntries(names.map((name, index) => [name, expected[index]])));
}

describe('the code of the page', () => {
  it('in TypeScript tells genuine deliveries from others', () => {
    writeFileSync(join(folder, 'verify.ts'), codeOf('ts'));
    writeFileSync(
      join(folder, 'run.ts'),
      `import { isGenuine } from './verify.ts';
      const deliveries = JSON.parse(process.argv[2] ?? '');
      const verdicts = Object.entries(deliveries).map(([name, { secret, headers, body, now }]: any) => [
        name, isGenuine(secret, headers, Buffer.from(body), now),
      ]);
      console.log(JSON.stringify(Object.fromEntries(verdicts)));`,
    );
    const output = execFileSync(process.execPath, [join(folder, 'run.ts'), JSON.stringify(DELIVERIES)], {
      encoding: 'utf8',
    });
    expectVerdicts(JSON.parse(output));
  });

  const hasPython = spawnSync('python3', ['--version']).status === 0;

  it.skipIf(!hasPython)('in Python tells genuine deliveries from others', () => {
    writeFileSync(join(folder, 'verify.py'), codeOf('python'));
    writeFileSync(
      join(folder, 'run.py'),
      `import json, sys
from verify import is_genuine
deliveries = json.loads(sys.argv[1])
print(json.dumps({
    name: is_genuine(d["secret"], d["headers"], d["body"].encode(), d["now"]) for name, d in deliveries.items()
}))
`,
    );
    const output = execFileSync('python3', [join(folder, 'run.py'), JSON.stringify(DELIVERIES)], {
      encoding: 'utf8',
    });
    expectVerdicts(JSON.parse(output));
  });
});
