// Streamed answers that reach the page only as far as a test lets them: what is to be seen on their way is there for sure,
// on a machine of any speed.
import type { Page } from 'playwright-core';

/** To be run before the page's own scripts: the answers of chats wait, each event for `letThrough`. */
export const GATED_STREAMS = `{
  const ask = window.fetch;
  let allowed = 0;
  let change = Promise.withResolvers();
  window.letThrough = (events) => {
    allowed += events;
    change.resolve();
    change = Promise.withResolvers();
  };
  const gate = (signal) => {
    const left = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    left.catch(() => {});
    let rest = '';
    return new TransformStream({
      async transform(text, controller) {
        const events = (rest + text).split(/(?<=\\n\\n)/);
        rest = events.at(-1).endsWith('\\n\\n') ? '' : events.pop();
        for (const event of events) {
          while (event.startsWith('data:') && allowed <= 0) await Promise.race([change.promise, left]);
          allowed -= 1;
          controller.enqueue(event);
        }
      },
    });
  };
  window.fetch = async (path, options) => {
    const answer = await ask(path, options);
    if (!path.endsWith('/chat/completions') || !answer.ok) return answer;
    const events = answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(gate(options.signal));
    return new Response(events.pipeThrough(new TextEncoderStream()), { headers: answer.headers });
  };
}`;

/** Lets so many more events through; without a number, all that are still to come. */
export async function letThrough(page: Page, events = Number.POSITIVE_INFINITY): Promise<void> {
  await page.evaluate(
    (count) => (window as Window & { letThrough?: (events: number) => void }).letThrough?.(count),
    events,
  );
}
