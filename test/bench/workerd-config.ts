// The configuration of a bare workerd: one Worker on one loopback port, which reaches nothing but loopback.
import { join } from 'node:path';

/** The same date and flags as in wrangler.toml. */
const COMPATIBILITY = 'compatibilityDate = "2026-10-01", compatibilityFlags = ["enable_request_signal"]';

export interface WorkerSetup {
  port: number;
  /** The folder of the configuration, and of what the Worker stores. */
  folder: string;
  /** Relative to the folder. */
  bundle: string;
  variables: Record<string, string>;
  /** Binding names by class name. */
  objects: Record<string, string>;
  buckets: string[];
  queues: string[];
}

/** In Cap'n Proto's text format. The chat path uses neither bucket nor queue: a Worker that refuses stands for them. */
export function workerdConfig({
  port,
  folder,
  bundle,
  variables,
  objects,
  buckets,
  queues,
}: WorkerSetup): string {
  const bindings = [
    ...Object.entries(variables).map(([name, value]) => binding(name, `text = ${quoted(value)}`)),
    ...Object.entries(objects).map(([name, type]) =>
      binding(name, `durableObjectNamespace = ${quoted(type)}`),
    ),
    ...buckets.map((name) => binding(name, 'r2Bucket = "absent"')),
    ...queues.map((name) => binding(name, 'queue = "absent"')),
  ];
  const namespaces = Object.values(objects).map(
    (type) => `(className = ${quoted(type)}, uniqueKey = ${quoted(`bench-${type}`)}, enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "absent", worker = .absent),
    (name = "objects", disk = (path = ${quoted(join(folder, 'objects'))}, writable = true)),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed ${quoted(bundle)})],
  ${COMPATIBILITY},
  bindings = [
    ${bindings.join(',\n    ')}
  ],
  durableObjectNamespaces = [${namespaces.join(', ')}],
  durableObjectStorage = (localDisk = "objects"),
);

const absent :Workerd.Worker = (
  modules = [(
    name = "absent.js",
    esModule = "export default { fetch() { return new Response(null, { status: 501 }); } };"
  )],
  ${COMPATIBILITY},
);
`;
}

function binding(name: string, value: string): string {
  return `(name = ${quoted(name)}, ${value})`;
}

/** JSON's escapes are Cap'n Proto's. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
