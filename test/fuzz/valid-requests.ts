// Requests as the OpenAPI document describes them, about things that exist.
import type { FoundOperation } from '../openapi/api-document';
import type { Choice } from './choice.ts';
import { type Draft, formFieldOf, KIND_OF_PATH, setBody, unknownId } from './draft.ts';
import { validForm } from './form-body.ts';
import { jsonText } from './odd-values.ts';
import { type Schema, SchemaValues } from './schema-values.ts';
import type { Targets } from './targets.ts';
import { hintsFor } from './valid-values.ts';
import type { Caller, World } from './world.ts';

/** Few, so that they are met again. */
const IDEMPOTENCY_KEYS = Array.from({ length: 40 }, (_, index) => `fuzz-${index}`);

const VALID_HEADERS: Record<string, (choice: Choice, world: World) => string> = {
  'x-request-id': (choice) => `fuzz-${choice.int(0, 1e9)}`,
  'Accept-Language': (choice) => choice.pick(['ko', 'en', 'ko-KR,ko;q=0.9,en;q=0.8', 'fr']),
  'Idempotency-Key': (choice) => choice.pick(IDEMPOTENCY_KEYS),
  Accept: (choice) => choice.pick(['application/json', 'application/jsonl', 'text/csv', '*/*']),
  Range: (choice) =>
    choice.pick(['bytes=0-0', 'bytes=0-', 'bytes=-1', 'bytes=2-5', 'bytes=99999-', 'bytes=0-1,3-4']),
  'If-Range': (choice, world) => choice.pick(world.etags),
  'If-None-Match': (choice, world) => choice.pick([...world.etags, '*']),
  'Last-Event-ID': (choice) => String(choice.int(0, 12)),
};

/** How often a header comes that may be left out. */
const HEADER_PROBABILITY = 0.15;
/** Where these two are documented, they lead to answers of their own. */
const CHOOSING_HEADERS: readonly string[] = ['Accept', 'Range'];
const CHOOSING_PROBABILITY = 0.5;

/** Longer URLs are refused by the runtime, before the Worker sees them. */
const QUERY_VALUE_CHARACTERS = 1000;

export class ValidRequests {
  readonly #choice: Choice;
  readonly #world: World;
  readonly #targets: Targets;

  constructor(choice: Choice, world: World, targets: Targets) {
    this.#choice = choice;
    this.#world = world;
    this.#targets = targets;
  }

  draft(found: FoundOperation): Draft {
    const { operation, method } = found;
    const caller = this.#callerOf(found);
    const path = this.#path(found, caller);
    const headers: [string, string][] =
      operation.security.length === 0 ? [] : [['Authorization', `Bearer ${caller.key}`]];
    for (const name of headerNamesOf(found)) {
      if (this.#choice.chance(CHOOSING_HEADERS.includes(name) ? CHOOSING_PROBABILITY : HEADER_PROBABILITY))
        headers.push([name, this.#validHeader(name)]);
    }
    const draft: Draft = {
      method,
      caller,
      account: caller.account,
      path,
      query: this.#query(found, caller),
      headers,
      body: null,
    };
    this.#fill(draft, found);
    return draft;
  }

  #callerOf({ path }: FoundOperation): Caller {
    const { main, tight, other, admin, scoped } = this.#world;
    if (path.startsWith('/api/v1/admin/')) return admin;
    return this.#choice.weighted([
      [80, main],
      [8, tight],
      [8, other],
      [4, this.#choice.pick(scoped)],
    ]);
  }

  #path({ path }: FoundOperation, caller: Caller): string {
    let owner = '';
    return path.replaceAll(/\/(\w+)\/\{(\w+)\}/g, (_match, collection: string, name: string) => {
      const id =
        name === 'key_id'
          ? this.#choice.pickAny(this.#world.keysOf(owner))
          : this.#id(collection, path, caller);
      owner = id ?? '';
      return `/${collection}/${id ?? unknownId(KIND_OF_PATH[collection] ?? 'key')}`;
    });
  }

  /** An id of the caller's own, or null where there is none yet. */
  #id(collection: string, path: string, { account }: Caller): string | null {
    if (collection === 'models') return 'sandbox';
    const kind = KIND_OF_PATH[collection];
    // Two parts make an upload that can be completed: they have to meet.
    const upload = path.endsWith('/complete') ? this.#world.fullUpload(account, this.#choice) : null;
    const open = path.endsWith('/parts') ? (this.#world.ids(account, 'upload').at(-1) ?? null) : null;
    return (
      upload ?? open ?? (kind === undefined ? null : this.#choice.pickAny(this.#world.ids(account, kind)))
    );
  }

  #query({ operation, path }: FoundOperation, { account }: Caller): string {
    const values = this.#values({ key: '', account });
    const kind = KIND_OF_PATH[/\/(\w+)(?:\/\{id\}\/\w+)?$/.exec(path)?.[1] ?? ''];
    const parameters = operation.parameters.filter(
      (parameter) => parameter.in === 'query' && this.#choice.chance(0.3),
    );
    return parameters
      .map(({ name, schema }) => {
        const id =
          name === 'after' && kind !== undefined
            ? this.#choice.pickAny(this.#world.ids(account, kind))
            : null;
        const text = String(id ?? values.of(schema as Schema)).slice(0, QUERY_VALUE_CHARACTERS);
        return `${encodeURIComponent(name)}=${encodeURIComponent(text.toWellFormed())}`;
      })
      .join('&');
  }

  #values(caller: Caller): SchemaValues {
    return new SchemaValues(this.#choice, hintsFor(this.#world, caller, this.#choice, this.#targets));
  }

  #validHeader(name: string): string {
    return VALID_HEADERS[name]?.(this.#choice, this.#world) ?? '';
  }

  /** Gives it the body its operation asks for. */
  #fill(draft: Draft, found: FoundOperation): void {
    const content = found.operation.requestBody?.content;
    if (content === undefined) return;
    if ('multipart/form-data' in content) {
      const { type, bytes } = validForm(formFieldOf(found), this.#choice);
      setBody(draft, type, bytes);
    } else setBody(draft, 'application/json', Buffer.from(jsonText(this.json(draft, found))));
  }

  /** A JSON body for it. */
  json(draft: Draft, found: FoundOperation): unknown {
    const upload = /\/uploads\/(\w+)\/complete$/.exec(draft.path)?.[1];
    if (upload !== undefined && this.#choice.chance(0.9))
      return { part_ids: this.#world.partsOf(upload).slice(0, 2) };
    if (draft.path.endsWith('/deliveries/resend')) {
      const event = this.#choice.pickAny(this.#world.ids(draft.caller.account, 'evt'));
      return event !== null && this.#choice.chance(0.7)
        ? { event_id: event }
        : { since: '2020-01-01T00:00:00Z' };
    }
    const schema = found.operation.requestBody?.content['application/json']?.schema as Schema;
    return this.#values(draft.caller).of(schema);
  }
}

function headerNamesOf({ operation }: FoundOperation): string[] {
  return operation.parameters.flatMap(({ $ref }) => $ref?.split('/').at(-1) ?? []);
}
