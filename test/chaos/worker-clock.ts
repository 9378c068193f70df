// The chaos worker's clock, which the harness can put forward and back. Nothing of the product reads the time
// while it is loaded, so from then on `Date` says the shifted time everywhere. Alarms that are set already keep their real time: to the product they come late
// after a jump forward, and early after one back, and the platform promises neither not to happen.
// Known gap: timers (`setTimeout`, `scheduler.wait`) and R2's `uploaded` go by the real time.
import { env } from 'cloudflare:workers';
import type { ChaosSettings } from './settings.ts';

const RealDate = Date;

/** As the harness gave them at the start; it can change them later. */
export const settings: ChaosSettings = JSON.parse((env as unknown as { CHAOS: string }).CHAOS);

const shiftedNow = () => RealDate.now() + settings.clockMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget),
  get: (target, name) => (name === 'now' ? shiftedNow : Reflect.get(target, name)),
});

/** Makes an object's alarms keep the shifted time. */
export function shiftAlarms(storage: DurableObjectStorage): void {
  const setAlarm = storage.setAlarm.bind(storage);
  const getAlarm = storage.getAlarm.bind(storage);
  Object.defineProperty(storage, 'setAlarm', {
    value: (time: number | Date) => setAlarm(Math.max(0, Number(time) - settings.clockMs)),
  });
  Object.defineProperty(storage, 'getAlarm', {
    value: async () => {
      const time = await getAlarm();
      return time === null ? null : time + settings.clockMs;
    },
  });
}
