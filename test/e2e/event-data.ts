// What a stream of server-sent events says in its `data:` lines, for answers that name and number no events, as chats.

/** The data of every event; comments say nothing, and an event that was cut off never came. */
export function eventData(text: string): string[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .filter((event) => event.startsWith('data: '))
    .map((event) => event.slice('data: '.length));
}
