// Makes the requests: about half of them as the OpenAPI document describes them, the others with up to three things wrong.
import { ALL_OPERATIONS, type FoundOperation } from '../openapi/api-document';
import type { Choice } from './choice.ts';
import { RequestDamage } from './request-damage.ts';
import type { Targets } from './targets.ts';
import { ValidRequests } from './valid-requests.ts';
import type { WireRequest } from './wire-request.ts';
import type { World } from './world.ts';

export interface Plan {
  found: FoundOperation;
  /** Whose key it carries; null where that key is refused or missing. */
  account: string | null;
  isValid: boolean;
  request: WireRequest;
}

const VALID_PROBABILITY = 0.5;

/** How many things are wrong with the others. */
const DAMAGES = [
  [6, 1],
  [2, 2],
  [1, 3],
] as const;

/** What makes something is asked for more often, so that the rest has something to meet. */
const CREATING_WEIGHT = 4;

const WEIGHTED_OPERATIONS = ALL_OPERATIONS.map(
  (found) => [found.method === 'POST' && found.operation.requestBody ? CREATING_WEIGHT : 1, found] as const,
);

export class RequestMaker {
  readonly #choice: Choice;
  readonly #valid: ValidRequests;
  readonly #damage: RequestDamage;

  constructor(choice: Choice, world: World, targets: Targets) {
    this.#choice = choice;
    this.#valid = new ValidRequests(choice, world, targets);
    this.#damage = new RequestDamage(choice, world, targets, this.#valid);
  }

  next(): Plan {
    const found = this.#choice.weighted(WEIGHTED_OPERATIONS);
    const isValid = this.#choice.chance(VALID_PROBABILITY);
    const draft = this.#valid.draft(found);
    const damages = isValid ? 0 : this.#choice.weighted(DAMAGES);
    for (let count = 0; count < damages; count++) this.#damage.apply(draft, found);
    const { method, headers, body, account, path, query } = draft;
    const target = path + (query === '' ? '' : `?${query}`);
    return { found, account, isValid, request: { method, target, headers, body } };
  }
}
