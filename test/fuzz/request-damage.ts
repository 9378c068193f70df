// One thing wrong with a request: its body, an id, a header, the query, the key, the path or the method.
import { gzipSync } from 'node:zlib';
import type { FoundOperation } from '../openapi/api-document';
import type { Choice } from './choice.ts';
import { type Draft, formFieldOf, KIND_OF_PATH, setBody, setHeader, unknownId } from './draft.ts';
import { oddForm } from './form-body.ts';
import { damagedText, otherBytes, withOddMember } from './json-mutations.ts';
import { jsonText, oddText } from './odd-values.ts';
import {
  HEADER_NAMES,
  METHODS,
  ODD_HEADER_VALUES,
  ODD_QUERIES,
  ODD_RANGES,
  ODD_SEGMENTS,
  ODD_TYPES,
} from './odd-wire.ts';
import type { Targets } from './targets.ts';
import type { ValidRequests } from './valid-requests.ts';
import type { World } from './world.ts';

/** Past the limit of every JSON body but those of chats and batches. */
const MORE_THAN_A_BODY_BYTES = 70_000;

export class RequestDamage {
  readonly #choice: Choice;
  readonly #world: World;
  readonly #targets: Targets;
  readonly #valid: ValidRequests;

  constructor(choice: Choice, world: World, targets: Targets, valid: ValidRequests) {
    this.#choice = choice;
    this.#world = world;
    this.#targets = targets;
    this.#valid = valid;
  }

  apply(draft: Draft, found: FoundOperation): void {
    const hasBody = draft.body !== null;
    this.#choice.weighted<() => unknown>([
      [hasBody ? 10 : 0, () => this.#damageBody(draft, found)],
      [draft.path.length > found.path.length ? 3 : 1, () => this.#damageId(draft, found)],
      [2, () => this.#damageHeaders(draft)],
      [
        found.operation.parameters.some((parameter) => parameter.in === 'query') ? 4 : 1,
        () => this.#damageQuery(draft),
      ],
      [1, () => this.#damageCaller(draft)],
      [0.7, () => this.#damagePath(draft)],
      [0.7, () => Object.assign(draft, { method: this.#choice.pick(METHODS) })],
      [hasBody ? 1 : 0.3, () => setHeader(draft, 'Content-Type', this.#choice.pick(ODD_TYPES))],
    ])();
  }

  #damageBody(draft: Draft, found: FoundOperation): void {
    const content = found.operation.requestBody?.content ?? {};
    if ('multipart/form-data' in content) {
      const { type, bytes } = oddForm(formFieldOf(found), this.#choice);
      setBody(draft, type, bytes);
    } else this.#damageJson(draft, found);
  }

  #damageJson(draft: Draft, found: FoundOperation): void {
    const value = this.#valid.json(draft, found);
    const whole = jsonText(value);
    const bytes = this.#choice.weighted<() => Buffer>([
      [8, () => Buffer.from(jsonText(withOddMember(value, this.#choice)))],
      [2, () => Buffer.from(damagedText(whole, this.#choice))],
      [1, () => otherBytes(whole, this.#choice)],
      [0.5, () => Buffer.from(whole + ' '.repeat(MORE_THAN_A_BODY_BYTES))],
    ])();
    if (!this.#targets.areAllIn(bytes)) return;
    setBody(draft, 'application/json', bytes);
    if (this.#choice.chance(0.05)) {
      setBody(draft, 'application/json', this.#choice.chance(0.7) ? gzipSync(bytes) : bytes);
      setHeader(draft, 'Content-Encoding', this.#choice.pick(['gzip', 'br', 'identity', 'nonsense']));
    }
  }

  #damageId(draft: Draft, { path }: FoundOperation): void {
    const collection = /\/(\w+)\/\{/.exec(path)?.[1] ?? '';
    const kind = KIND_OF_PATH[collection] ?? 'file';
    const others = draft.caller === this.#world.other ? this.#world.main : this.#world.other;
    const id = this.#choice.weighted<() => string>([
      [3, () => this.#choice.pickAny(this.#world.ids(others.account, kind)) ?? unknownId(kind)],
      [2, () => unknownId(kind)],
      [4, () => this.#choice.pick(ODD_SEGMENTS)],
      [1, () => encodeURIComponent(oddText(this.#choice).slice(0, 300).toWellFormed())],
    ])();
    draft.path = path.replaceAll(/\{\w+\}/g, () => id);
  }

  #damageHeaders(draft: Draft): void {
    const name = this.#choice.pick(HEADER_NAMES);
    setHeader(
      draft,
      name,
      this.#choice.pick(name === 'Range' && this.#choice.chance(0.8) ? ODD_RANGES : ODD_HEADER_VALUES),
    );
    if (name === 'Authorization') draft.account = null;
  }

  #damageQuery(draft: Draft): void {
    const odd = this.#choice.pick(ODD_QUERIES);
    draft.query = this.#choice.chance(0.7) || draft.query === '' ? odd : `${draft.query}&${odd}`;
    if (this.#choice.chance(0.05) && this.#world.streamTokens.length > 0)
      draft.query = this.#choice.pick(this.#world.streamTokens).slice(1);
  }

  #damageCaller(draft: Draft): void {
    const { refused, scoped, admin, main, other } = this.#world;
    const key = this.#choice.weighted<() => string | null>([
      [3, () => this.#choice.pick(refused)],
      [3, () => this.#choice.pick(scoped).key],
      [1, () => null],
      [1, () => this.#choice.pick([admin, main, other]).key],
    ])();
    draft.account = null;
    draft.headers = draft.headers.filter(([name]) => name !== 'Authorization');
    if (key !== null)
      draft.headers.push([
        'Authorization',
        this.#choice.pick(['Bearer ', 'bearer ', 'Bearer  ', 'Basic ', '']) + key,
      ]);
  }

  #damagePath(draft: Draft): void {
    const { path } = draft;
    const slashes = Array.from(path.matchAll(/\//g), ({ index }) => index);
    const at = this.#choice.pick(slashes);
    const put = (text: string) => path.slice(0, at) + text + path.slice(at);
    draft.path = this.#choice.weighted<() => string>([
      [2, () => `${path}/`],
      [2, () => put('/')],
      [1, () => put('/.')],
      [1, () => put('/x/..')],
      [1, () => put('/%2e%2e')],
      [1, () => `${path.slice(0, at)}%2F${path.slice(at + 1)}` || '/'],
      [1, () => path.toUpperCase()],
      [1, () => `${path}.json`],
      [1, () => `${path}%00`],
      [1, () => `${path};x=1`],
      [1, () => path.slice(0, at) || '/'],
    ])();
    if (!draft.path.startsWith('/')) draft.path = `/${draft.path}`;
  }
}
