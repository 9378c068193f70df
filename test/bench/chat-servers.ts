// The servers that a chat call is measured on: the mock model alone, and three that stand between it and the client.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CatalogueConfig } from '../../src/models/catalogue-entry.ts';
import { type ApiClient, newAccount } from '../e2e/api-client.ts';
import { freePorts } from '../e2e/free-ports.ts';
import { buildBundle } from './bundle.ts';
import { MODEL, PRICES, UPSTREAM_MODEL } from './chat-example.ts';
import { Child } from './child.ts';
import { type Command, PRODUCT_BINDINGS, workerdCommand } from './workerd-command.ts';

export const SERVER_NAMES = ['mock', 'proxy', 'quire', 'portkey'] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

/** One that is asked, and what asking it takes. */
export interface ChatServer {
  name: ServerName;
  port: number;
  model: string;
  headers: Record<string, string>;
  /** What an answer's end contains, beside what it is by itself. */
  marks: string[];
  process: Child;
}

const ADMIN_KEY = 'admin-bench';
const MOCK_KEY = 'sk-mock';

/** Passes every request on as it is, and its answer back. */
const PROXY_WORKER = `export default {
  fetch(request, { UPSTREAM }) {
    const url = new URL(request.url);
    return fetch(new URL(url.pathname + url.search, UPSTREAM), request);
  },
};
`;

export interface ChatServers {
  all: ChatServer[];
  /** An account's own view of its server. */
  api: ApiClient;
  stop(): Promise<void>;
}

/** @param folder for what they need on disk */
export async function startServers(folder: string): Promise<ChatServers> {
  const children: Child[] = [];
  const start = async (...options: Parameters<typeof Child.start>) => {
    const child = await Child.start(...options);
    children.push(child);
    return child;
  };
  const stop = async () => {
    await Promise.all(children.map((child) => child.stop()));
  };
  try {
    await buildBundle(join(folder, 'quire'));
    const [mock = 0, proxy = 0, quire = 0, portkey = 0] = await freePorts(SERVER_NAMES.length);
    const upstream = originOf(mock);
    const mockProcess = await start('the mock model', nodeCommand(fileOf('mock-model.ts'), mock), upstream);
    const proxyProcess = await start(
      'the bare proxy',
      await proxyCommand(join(folder, 'proxy'), proxy, upstream),
      originOf(proxy),
    );
    const quireProcess = await start(
      'Quire',
      await quireCommand(join(folder, 'quire'), quire, upstream),
      `${originOf(quire)}/healthz`,
    );
    const portkeyProcess = await start(
      "Portkey's gateway",
      portkeyCommand(portkey),
      originOf(portkey),
      // Its default would be to serve a console too.
      { NODE_ENV: 'production' },
    );
    const account = await newAccount(originOf(quire), ADMIN_KEY, 'bench');
    const direct = { model: UPSTREAM_MODEL, headers: { Authorization: `Bearer ${MOCK_KEY}` }, marks: [] };
    const all: ChatServer[] = [
      { ...direct, name: 'mock', port: mock, process: mockProcess },
      { ...direct, name: 'proxy', port: proxy, process: proxyProcess },
      {
        name: 'quire',
        port: quire,
        model: MODEL,
        headers: { Authorization: `Bearer ${account.key.key}` },
        marks: ['"currency":"USD"'],
        process: quireProcess,
      },
      {
        ...direct,
        name: 'portkey',
        port: portkey,
        headers: {
          ...direct.headers,
          'x-portkey-provider': 'openai',
          'x-portkey-custom-host': `${upstream}/v1`,
        },
        process: portkeyProcess,
      },
    ];
    return { all, api: account.api, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function proxyCommand(folder: string, port: number, upstream: string): Promise<Command> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.js'), PROXY_WORKER);
  return workerdCommand({
    port,
    folder,
    bundle: 'index.js',
    variables: { UPSTREAM: upstream },
    objects: {},
    buckets: [],
    queues: [],
  });
}

function quireCommand(folder: string, port: number, upstream: string): Promise<Command> {
  const catalogue: CatalogueConfig = {
    providers: { mock: { kind: 'openai', base_url: `${upstream}/v1`, key: 'MOCK_KEY' } },
    models: [{ id: MODEL, provider: 'mock', model: UPSTREAM_MODEL, context_window: 128_000, prices: PRICES }],
  };
  return workerdCommand({
    port,
    folder,
    bundle: 'index.js',
    variables: {
      ADMIN_KEY,
      MOCK_KEY,
      CATALOGUE: JSON.stringify(catalogue),
      ALLOW_PRIVATE_NETWORK: 'false',
      RETENTION_DAYS: '30',
    },
    ...PRODUCT_BINDINGS,
  });
}

/** It listens on all interfaces unless it is kept from it. */
function portkeyCommand(port: number): Command {
  const gateway = fileURLToPath(import.meta.resolve('@portkey-ai/gateway/build/start-server.js'));
  return [
    process.execPath,
    '--import',
    fileOf('portkey-preload.ts'),
    gateway,
    `--port=${port}`,
    '--headless',
  ];
}

function nodeCommand(file: string, port: number): Command {
  return [process.execPath, file, String(port)];
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

function originOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}
