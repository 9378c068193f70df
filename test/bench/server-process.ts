// A process, as a rule the one that runs the product's Worker, as /proc shows it: its memory and the time it computed. Linux only.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const KIBIBYTE = 1024;
const SAMPLE_INTERVAL_MS = 50;

/** USER_HZ of proc(5): it is 100 wherever Node runs. */
const CLOCK_TICKS_PER_SECOND = 100;

/** Of proc(5): writing it to `clear_refs` sets the peak back to what is resident now. */
const RESET_PEAK = '5';

interface ProcessEntry {
  pid: number;
  parent: number;
  name: string;
}

export class ServerProcess {
  readonly #pid: number;

  private constructor(pid: number) {
    this.#pid = pid;
  }

  /** The one below this process that runs the Worker; null without a /proc to look in. */
  static find(origin: string): ServerProcess | null {
    const { port } = new URL(origin);
    // wrangler starts two: one that listens on the port and passes requests on, and the one that runs the Worker.
    const found = descendants(process.pid).filter(
      ({ pid, name }) => name === 'workerd' && !read(pid, 'cmdline').includes(`entry=127.0.0.1:${port}`),
    );
    const [entry] = found;
    if (entry === undefined) return null;
    if (found.length > 1) throw new Error('more than one server runs below this process');
    return new ServerProcess(entry.pid);
  }

  /** The one with this id; null without a /proc to look in. */
  static of(pid: number | undefined): ServerProcess | null {
    return pid === undefined || read(pid, 'stat') === '' ? null : new ServerProcess(pid);
  }

  /** Milliseconds on all cores since it started. */
  cpuMs(): number {
    const fields = statFields(this.#pid);
    // Without pid and name, utime and stime are at 11 and 12.
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_PER_SECOND;
  }

  residentBytes(): number {
    return this.#status('VmRSS');
  }

  /** Watches the resident memory from here on. The answer ends it and says the peak, in bytes. */
  watchPeak(): () => number {
    let sampled = 0;
    const timer = setInterval(() => {
      sampled = Math.max(sampled, this.residentBytes());
    }, SAMPLE_INTERVAL_MS);
    const isReset = this.#resetPeak();
    return () => {
      clearInterval(timer);
      // The kernel's own mark misses nothing, but where it cannot be reset it also counts the start.
      return Math.max(sampled, isReset ? this.#status('VmHWM') : this.residentBytes());
    };
  }

  #resetPeak(): boolean {
    try {
      writeFileSync(`/proc/${this.#pid}/clear_refs`, RESET_PEAK);
      return true;
    } catch {
      return false;
    }
  }

  #status(field: 'VmRSS' | 'VmHWM'): number {
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read(this.#pid, 'status'))?.[1];
    return Number(kibibytes ?? 0) * KIBIBYTE;
  }
}

function descendants(root: number): ProcessEntry[] {
  const entries = processes();
  const found = new Set([root]);
  for (let size = 0; size < found.size; ) {
    size = found.size;
    for (const { pid, parent } of entries) if (found.has(parent)) found.add(pid);
  }
  return entries.filter(({ pid }) => pid !== root && found.has(pid));
}

function processes(): ProcessEntry[] {
  return listProc()
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .map((pid) => ({ pid, parent: Number(statFields(pid)[1]), name: read(pid, 'comm').trim() }));
}

function listProc(): string[] {
  try {
    return readdirSync('/proc');
  } catch {
    return [];
  }
}

/** The fields of `stat` behind the name, which may itself hold spaces and brackets. */
function statFields(pid: number): string[] {
  const stat = read(pid, 'stat');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Empty for a process that is gone. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
