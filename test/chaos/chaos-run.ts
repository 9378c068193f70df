// One chaos run: clients at work, a server that is disturbed and killed all the time, then calm, and the audit.
import { setTimeout as sleep } from 'node:timers/promises';
import { randomFrom } from '../e2e/random.ts';
import { type Behaviour, UnreliableReceiver } from '../e2e/unreliable-receiver.ts';
import { auditBatches } from './audit-batches.ts';
import { auditBucket, auditFiles } from './audit-bytes.ts';
import type { ExposedChats } from './audit-chats.ts';
import { auditMoney } from './audit-money.ts';
import { auditWatches } from './audit-watches.ts';
import { auditWebhooks } from './audit-webhooks.ts';
import type { BatchWatch } from './batch-watch.ts';
import { makeBatches, type Workload } from './batch-workload.ts';
import { ChaosProvider } from './chaos-provider.ts';
import { ChaosServer } from './chaos-server.ts';
import { noteBookings, sendChats, streamChats } from './chat-workload.ts';
import { comeToRest } from './come-to-rest.ts';
import { Control } from './control.ts';
import { Disturbance } from './disturbance.ts';
import { sendFiles } from './file-workload.ts';
import { Findings } from './findings.ts';
import type { StreamedChat } from './streamed-chat.ts';
import { makeTenants, type Tenant } from './tenant.ts';

/** How the receiver fails: so many of a thousand attempts. */
const RECEIVER_FAILURES: [Behaviour, perThousand: number][] = [
  ['error', 120],
  ['reset', 60],
  ['lost', 30],
  ['slow', 40],
  ['hang', 3],
];

const BATCH_CLIENTS = 2;
/** Of an account, whole and streamed together: more than its two clients can send. */
const CHATS_A_MINUTE = 130;
const BOOKINGS_INTERVAL_MS = 700;

/** Orphans in the bucket are removed after a day. */
const ORPHANS_OVER_MS = 25 * 3_600_000;
/** Each goes over a piece of the bucket. */
const CRONS = 6;

export interface ChaosOutcome {
  findings: Findings;
  injected: ReadonlyMap<string, number>;
  exposed: ExposedChats;
  batches: number;
  items: number;
  files: number;
  chats: number;
  streams: Record<StreamedChat['end'], number>;
  /** Clients that followed a batch, and their connections. */
  watches: number;
  connections: number;
  webhooks: number;
  providerCalls: number;
}

export class ChaosRun {
  readonly #seed: number;
  readonly #minutes: number;
  readonly #findings = new Findings();
  readonly #tell: (line: string) => void;
  #isOver = false;

  constructor(seed: number, minutes: number, tell: (line: string) => void) {
    this.#seed = seed;
    this.#minutes = minutes;
    this.#tell = tell;
  }

  async run(): Promise<ChaosOutcome> {
    const control = await Control.start();
    const provider = await ChaosProvider.start(randomFrom(this.#seed + 1));
    const receiver = await UnreliableReceiver.start(this.#behaviours());
    const server = new ChaosServer(control, provider, this.#seed);
    try {
      const running = await server.start();
      const tenants = await makeTenants(running, receiver, Math.ceil(this.#minutes * CHATS_A_MINUTE));
      provider.isCalm = false;
      const clients = this.#startClients(tenants, receiver);
      const disturbance = new Disturbance(this.#seed, { server, control, tenants, tell: this.#tell });
      await disturbance.run(this.#minutes);
      this.#isOver = true;
      await server.calm();
      provider.isCalm = true;
      this.#tell('calm: clients come to their end');
      await clients;
      const open = await comeToRest(server, tenants, receiver, this.#tell);
      for (const watch of watchesOf(tenants)) watch.close();
      for (const { id } of open) this.#findings.fault('batches that ended', 'lost', id);
      return await this.#audit(server, control, provider, receiver, tenants);
    } catch (error) {
      this.#tell(server.output().slice(-5_000));
      throw error;
    } finally {
      await server.stop();
      await receiver.stop();
      await provider.stop();
      await control.stop();
    }
  }

  #startClients(tenants: readonly Tenant[], receiver: UnreliableReceiver): Promise<unknown> {
    const isOver = () => this.#isOver;
    let clients = 0;
    const start = (
      kind: string,
      work: (tenant: Tenant, workload: Workload) => Promise<void>,
      tenant: Tenant,
    ) => {
      clients += 1;
      const workload = { random: randomFrom(this.#seed + 100 + clients), receiver, isOver };
      return work(tenant, workload).catch((error: unknown) => {
        this.#findings.fault(
          'requests that were answered',
          'unaccounted',
          `${kind} of ${tenant.name}: ${error}`,
        );
      });
    };
    return Promise.all(
      tenants.flatMap((tenant) => [
        ...Array.from({ length: BATCH_CLIENTS }, () => start('batches', makeBatches, tenant)),
        start('files', sendFiles, tenant),
        start('chats', sendChats, tenant),
        start('streamed chats', streamChats, tenant),
        start('bookings', watchBookings, tenant),
      ]),
    );
  }

  async #audit(
    server: ChaosServer,
    control: Control,
    provider: ChaosProvider,
    receiver: UnreliableReceiver,
    tenants: readonly Tenant[],
  ): Promise<ChaosOutcome> {
    const findings = this.#findings;
    const records = tenants.flatMap(({ batchRecords }) => batchRecords);
    findings.checked('batches that ended', records.length);
    const watches = watchesOf(tenants);
    const streams = tenants.flatMap(({ chatRecords }) => chatRecords.flatMap(({ stream }) => stream ?? []));
    const outputFiles = new Map<Tenant, string[]>();
    const exposed: ExposedChats = { exposed: 0, booked: 0, unbooked: 0, bookedTwice: 0 };
    for (const tenant of tenants) {
      const files = await auditBatches(tenant, provider, findings);
      outputFiles.set(tenant, files);
      await auditWatches(tenant, findings);
      const chats = await auditMoney(tenant, server, provider, findings);
      for (const name of Object.keys(exposed) as (keyof ExposedChats)[]) exposed[name] += chats[name];
      await auditFiles(tenant, files, findings);
    }
    auditWebhooks(tenants, receiver, findings);
    await server.set({ clockMs: server.settings.clockMs + ORPHANS_OVER_MS });
    for (let cron = 0; cron < CRONS; cron++) await server.cron();
    await auditBucket(tenants, outputFiles, server, findings);
    return {
      findings,
      injected: control.injected,
      exposed,
      batches: records.length,
      items: records.reduce((sum, { items }) => sum + items.length, 0),
      files: tenants.reduce((sum, { fileRecords }) => sum + fileRecords.length, 0),
      chats: tenants.reduce((sum, { chatRecords }) => sum + chatRecords.length, 0),
      streams: {
        whole: streams.filter(({ end }) => end === 'whole').length,
        error: streams.filter(({ end }) => end === 'error').length,
        cut: streams.filter(({ end }) => end === 'cut').length,
      },
      watches: watches.length,
      connections: watches.reduce((sum, { connections }) => sum + connections, 0),
      webhooks: receiver.received.length,
      providerCalls: Array.from(provider.calls.values()).reduce((sum, count) => sum + count, 0),
    };
  }

  #behaviours(): () => Behaviour {
    const random = randomFrom(this.#seed + 2);
    return () => {
      if (this.#isOver) return 'ok';
      let draw = random() * 1000;
      for (const [behaviour, share] of RECEIVER_FAILURES) {
        draw -= share;
        if (draw < 0) return behaviour;
      }
      return 'ok';
    };
  }
}

function watchesOf(tenants: readonly Tenant[]): BatchWatch[] {
  return tenants.flatMap(({ batchRecords }) => batchRecords.flatMap(({ watch }) => watch ?? []));
}

async function watchBookings(tenant: Tenant, { isOver }: Workload): Promise<void> {
  while (!isOver()) {
    await noteBookings(tenant);
    await sleep(BOOKINGS_INTERVAL_MS);
  }
}
