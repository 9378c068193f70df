// How fast files come and go, beside a bare Worker that streams the same bytes to and from R2; and what memory it takes.
// Takes about two minutes.
import { Server } from '../e2e/server.ts';
import { download, type Side, type TestFile, testFile, upload, uploadInParts } from './file-transfers.ts';
import { count, type Finding, mebibytes, median, type Report } from './report.ts';
import { ServerProcess } from './server-process.ts';

const WORKER = 'test/bench/bare-files-worker.ts';

const MIB = 1024 ** 2;
const FILE_MEBIBYTES = 100;
const PART_BYTES = 32 * MIB;
/** Makes the account, and loads what the first upload loads. */
const SMALL_BYTES = 64 * 1024;
const ROUNDS = 7;
const ASSEMBLIES = 3;
const AT_ONCE = 10;

const SPEED_GOAL = 0.7;
const MEMORY_GOAL_MEBIBYTES = 300;

/** Milliseconds. */
interface Round {
  upload: Record<Side, number>;
  download: Record<Side, number>;
}

const NOTES = [
  'Both Workers run in one process under `wrangler dev`, whose R2 keeps its objects on disk, and take turns; figures are',
  'medians. The file is random bytes that pass for a PNG. The bare Worker neither authenticates nor parses, hashes, checks',
  'or lists anything: `BUCKET.put(key, request.body)`. Client, server and R2 share the machine. Downloads are of one object:',
  'the local R2 reads one that was written in parts, as uploads of unknown length must be, ten times slower than one put whole.',
  'Memory: resident, of the process that runs the Worker and the local R2, above what it had just before; the peak.',
];

/** @param step is told what is about to be measured */
export async function benchFiles(step: (text: string) => void): Promise<Report> {
  step('the start of the server');
  const server = await Server.start([WORKER]);
  try {
    const file = testFile(FILE_MEBIBYTES * MIB);
    // First: what later measurements leave behind would hide what this one takes.
    step(`${AT_ONCE} uploads at once`);
    await upload(server, 'quire', testFile(SMALL_BYTES));
    const memory = await measureMemory(server, file);
    step('nothing yet: warming up');
    await measureRound(server, file);
    const rounds: Round[] = [];
    while (rounds.length < ROUNDS) {
      step(`round ${rounds.length + 1} of ${ROUNDS}`);
      rounds.push(await measureRound(server, file));
    }
    step('the same file in parts');
    const assemblyMs: number[] = [];
    while (assemblyMs.length < ASSEMBLIES) assemblyMs.push(await uploadInParts(server, file, PART_BYTES));
    return {
      title: `A file of ${FILE_MEBIBYTES} MiB, ${ROUNDS} rounds`,
      findings: [
        ...speedFindings('upload', rounds),
        ...speedFindings('download', rounds),
        speedFinding(`putting together parts of ${PART_BYTES / MIB} MiB`, median(assemblyMs)),
        ...memoryFindings(memory),
      ],
      notes: NOTES,
      details: { rounds, assemblyMs, memory },
    };
  } finally {
    await server.stop();
  }
}

async function measureRound(server: Server, file: TestFile): Promise<Round> {
  let id = '';
  const uploadTimes = {
    bare: await timed(() => upload(server, 'bare', file)),
    quire: await timed(async () => {
      id = await upload(server, 'quire', file);
    }),
  };
  const downloadTimes = {
    bare: await timed(() => download(server, 'bare', id, file)),
    quire: await timed(() => download(server, 'quire', id, file)),
  };
  await remove(server, id);
  return { upload: uploadTimes, download: downloadTimes };
}

interface Memory {
  beforeBytes: number;
  peakBytes: number;
}

/** Null without a /proc to look in. */
async function measureMemory(server: Server, file: TestFile): Promise<Memory | null> {
  const process = ServerProcess.find(server.origin);
  if (process === null) return null;
  const beforeBytes = process.residentBytes();
  const peak = process.watchPeak();
  const ids = await Promise.all(Array.from({ length: AT_ONCE }, () => upload(server, 'quire', file)));
  const peakBytes = peak();
  await Promise.all(ids.map((id) => remove(server, id)));
  return { beforeBytes, peakBytes };
}

async function remove(server: Server, id: string): Promise<void> {
  const headers = { authorization: `Bearer ${server.key}` };
  await fetch(`${server.origin}/v1/files/${id}`, { method: 'DELETE', headers });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

function speedFindings(what: 'upload' | 'download', rounds: readonly Round[]): Finding[] {
  const ratio = median(rounds.map((round) => round[what].bare / round[what].quire));
  return [
    speedFinding(`${what}, a bare Worker`, median(rounds.map((round) => round[what].bare))),
    speedFinding(`${what}, Quire`, median(rounds.map((round) => round[what].quire))),
    {
      what: `${what}, Quire ÷ bare Worker`,
      value: ratio,
      figure: `${count(ratio, 2)} ×`,
      goal: { text: `≥ ${SPEED_GOAL} ×`, isMet: ratio >= SPEED_GOAL },
    },
  ];
}

function speedFinding(what: string, ms: number): Finding {
  const value = (FILE_MEBIBYTES * 1000) / ms;
  return { what: `${what}: ${count(ms)} ms`, value, figure: `${count(value)} MiB/s` };
}

function memoryFindings(memory: Memory | null): Finding[] {
  if (memory === null) return [];
  const raised = memory.peakBytes - memory.beforeBytes;
  return [
    {
      what: `${AT_ONCE} uploads at once: memory above the ${mebibytes(memory.beforeBytes)} before`,
      value: raised / MIB,
      figure: mebibytes(raised),
      goal: { text: `< ${MEMORY_GOAL_MEBIBYTES} MiB`, isMet: raised < MEMORY_GOAL_MEBIBYTES * MIB },
    },
  ];
}
