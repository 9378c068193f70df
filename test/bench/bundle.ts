// The bundle as it is deployed, minified: where it is, its size, and what starting it costs.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url));
const WRANGLER_FILE = join(PROJECT_FOLDER, 'node_modules/wrangler/bin/wrangler.js');

/** A busy machine only ever adds to it. */
const STARTS = 5;

/** Of a V8 profile: what is no work of the program's. */
const IDLE = '(idle)';

/** What we read of one. */
interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string } }[];
  samples: number[];
  /** Microseconds. */
  timeDeltas: number[];
}

export interface BundleFigures {
  gzippedBytes: number;
  /** Milliseconds each start took, idle time left out. */
  startsMs: number[];
}

/** Bundles the Worker into the folder, or another one that stands around it. Answers the file. */
export async function buildBundle(folder: string, worker?: string): Promise<string> {
  const entry = worker === undefined ? [] : [worker];
  await wrangler(['deploy', ...entry, '--dry-run', '--minify', '--outdir', folder]);
  return join(folder, basename(worker ?? 'index.ts').replace(/\.ts$/, '.js'));
}

export async function measureBundle(file: string): Promise<BundleFigures> {
  const gzippedBytes = gzipSync(await readFile(file)).byteLength;
  const folder = await mkdtemp(join(tmpdir(), 'quire-bench-start-'));
  try {
    const startsMs: number[] = [];
    while (startsMs.length < STARTS) {
      const outfile = join(folder, `${startsMs.length}.cpuprofile`);
      await wrangler(['check', 'startup', '--args=--minify', '--outfile', outfile]);
      startsMs.push(activeMs(JSON.parse(await readFile(outfile, 'utf8'))));
    }
    return { gzippedBytes, startsMs };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function activeMs({ nodes, samples, timeDeltas }: CpuProfile): number {
  const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === IDLE).map(({ id }) => id));
  const active = timeDeltas.filter((_, index) => !idle.has(samples[index] ?? 0));
  return active.reduce((sum, delta) => sum + delta, 0) / 1000;
}

async function wrangler(args: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [WRANGLER_FILE, ...args], {
    cwd: PROJECT_FOLDER,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
    },
  });
}
