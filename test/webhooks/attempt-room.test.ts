// Who may be called now: slow and failing receivers leave room for the others.
import { expect, it } from 'vitest';
import { hasRoom } from '../../src/webhooks/attempt-room';

const NOW = 1_800_000_000_000;
const well = { failures: 0, heldUntil: null };
const failing = { failures: 1, heldUntil: null };
const load = (all: number, own: number, failingOnes = 0) => ({ all, own, failing: failingOnes });

it('six attempts are under way at most', () => {
  expect(hasRoom(well, load(5, 0), NOW)).toBe(true);
  expect(hasRoom(well, load(6, 0), NOW)).toBe(false);
});

it('two of them to one endpoint, one where it is failing', () => {
  expect(hasRoom(well, load(1, 1), NOW)).toBe(true);
  expect(hasRoom(well, load(2, 2), NOW)).toBe(false);
  expect(hasRoom(failing, load(0, 0), NOW)).toBe(true);
  expect(hasRoom(failing, load(1, 1, 1), NOW)).toBe(false);
});

it('failing endpoints have half of the room together', () => {
  expect(hasRoom(failing, load(3, 0, 2), NOW)).toBe(true);
  expect(hasRoom(failing, load(3, 0, 3), NOW)).toBe(false);
  expect(hasRoom(well, load(3, 0, 3), NOW)).toBe(true);
});

it('an endpoint that is held back waits for its time', () => {
  expect(hasRoom({ failures: 9, heldUntil: NOW + 1 }, load(0, 0), NOW)).toBe(false);
  expect(hasRoom({ failures: 9, heldUntil: NOW }, load(0, 0), NOW)).toBe(true);
});
