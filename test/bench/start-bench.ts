// What a start costs: the size of the bundle that is loaded, what the Worker computes until it can answer, and how long a
// workerd takes to its first answers. Takes half a minute.
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../e2e/free-ports.ts';
import { buildBundle, measureBundle } from './bundle.ts';
import { Child } from './child.ts';
import { count, type Finding, median, milliseconds, type Report } from './report.ts';
import { PRODUCT_BINDINGS, workerdCommand } from './workerd-command.ts';

const STARTS = 5;
const LOOK_INTERVAL_MS = 5;
const DEV_KEY = 'sk-bench';

const BUNDLE_GOAL_KIBIBYTES = 500;
const START_GOAL_MS = 60;

const NOTES = [
  'Bundle: as it is deployed, minified, at the default level of gzip.',
  'Start of the Worker: `wrangler check startup`, idle time left out, the quickest of five: it counts time, and other work adds to it.',
  `Of workerd: the bundle on \`workerd serve\`, medians of ${STARTS} starts with nothing stored: from starting the process to listening,`,
  'from there to the first answer (`/healthz`), and from there to the first with a key, for which the account is made.',
];

/** Milliseconds, each from the one before. */
interface FirstAnswers {
  listening: number;
  first: number;
  authenticated: number;
}

/** @param step is told what is about to be measured */
export async function benchStart(step: (text: string) => void): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'quire-bench-start-'));
  try {
    step('the bundle');
    const file = await buildBundle(folder);
    const bundle = await measureBundle(file);
    const starts: FirstAnswers[] = [];
    while (starts.length < STARTS) {
      step(`start ${starts.length + 1} of ${STARTS}`);
      starts.push(await measureStart(folder));
    }
    const kibibytes = bundle.gzippedBytes / 1024;
    const startMs = Math.min(...bundle.startsMs);
    return {
      title: 'The start of a Worker',
      findings: [
        {
          what: 'bundle, minified and gzipped',
          value: kibibytes,
          figure: `${count(kibibytes)} KiB`,
          goal: { text: `≤ ${BUNDLE_GOAL_KIBIBYTES} KiB`, isMet: kibibytes <= BUNDLE_GOAL_KIBIBYTES },
        },
        {
          what: 'start of the Worker',
          value: startMs,
          figure: milliseconds(startMs),
          goal: { text: `≤ ${START_GOAL_MS} ms`, isMet: startMs <= START_GOAL_MS },
        },
        answerFinding('workerd, from its start to listening', starts, 'listening'),
        answerFinding('workerd, from listening to the first answer', starts, 'first'),
        answerFinding('workerd, from there to the first answer to a key', starts, 'authenticated'),
      ],
      notes: NOTES,
      details: { bundle, starts },
    };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measureStart(folder: string): Promise<FirstAnswers> {
  // The configuration names the bundle by its place beside it, and nothing may be left of the start before.
  await rm(join(folder, 'objects'), { recursive: true, force: true });
  const [port = 0] = await freePorts(1);
  const origin = `http://127.0.0.1:${port}`;
  const command = await workerdCommand({
    port,
    folder,
    bundle: 'index.js',
    variables: { DEV_KEY, ALLOW_PRIVATE_NETWORK: 'false', RETENTION_DAYS: '30' },
    ...PRODUCT_BINDINGS,
  });
  const startedAt = performance.now();
  const starting = Child.start('Quire', command, `${origin}/healthz`);
  try {
    await Promise.race([isListening(port), starting]);
    const listeningAt = performance.now();
    await read(`${origin}/healthz`);
    const firstAt = performance.now();
    await read(`${origin}/v1/models`, { authorization: `Bearer ${DEV_KEY}` });
    return {
      listening: listeningAt - startedAt,
      first: firstAt - listeningAt,
      authenticated: performance.now() - firstAt,
    };
  } finally {
    await (await starting).stop();
  }
}

async function isListening(port: number): Promise<void> {
  const tried = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  while (!(await tried())) await sleep(LOOK_INTERVAL_MS);
}

async function read(url: string, headers: Record<string, string> = {}): Promise<void> {
  const response = await fetch(url, { headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
}

function answerFinding(what: string, starts: readonly FirstAnswers[], part: keyof FirstAnswers): Finding {
  const value = median(starts.map((start) => start[part]));
  return { what, value, figure: milliseconds(value) };
}
