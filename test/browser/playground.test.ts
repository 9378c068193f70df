// The playground in the browser: streaming and stopping, tools, schemas, attachments, and the request as code.
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { pngImage } from '../e2e/sample-files.ts';
import { account, drop, openConsole, textOf, useBrowser } from './console-browser.ts';
import { GATED_STREAMS, letThrough } from './gated-streams.ts';

useBrowser();

/** The text of the conversation's only answer, once it has ended: its facts come with its end. */
async function endedAnswer(page: Page, text = '.turn-text'): Promise<string> {
  await page.locator('.turn-facts').waitFor();
  return (await page.locator(`.turn.assistant ${text}`).textContent()) ?? '';
}

it('streams an answer, and says what it used and cost', async () => {
  const { key } = await account('streaming');
  const { page } = await openConsole({ key: key.key, at: '#/playground', script: GATED_STREAMS });
  const message = page.getByLabel('Message', { exact: true });
  await message.fill('Hello\n@sandbox text=one two three four');
  await message.press('Enter');
  const answer = page.locator('.turn.assistant .turn-text');
  // The first says who speaks.
  await letThrough(page, 2);
  await expect.poll(() => answer.textContent()).toBe('one');
  await letThrough(page, 2);
  await expect.poll(() => answer.textContent()).toBe('one two three');
  expect(await page.getByRole('button', { name: 'Stop' }).isVisible()).toBe(true);
  expect(await page.locator('.turn-facts').count()).toBe(0);
  await letThrough(page);
  expect(await endedAnswer(page)).toBe('one two three four');
  expect(await page.locator('.turn-facts').textContent()).toMatch(/\d+ tokens in, 4 out\$0\.0000\d+stop/);
});

it('shows what a model says as text, whatever it would be as a page', async () => {
  const { key } = await account('markup');
  const { page } = await openConsole({ key: key.key, at: '#/playground' });
  const markup = '<img src="/nope" onerror="document.title=\'it ran\'"><b>bold</b><script>1</script>';
  await page.getByLabel('Message', { exact: true }).fill(`@sandbox text=${markup}`);
  await page.getByLabel('Message', { exact: true }).press('Enter');
  expect(await endedAnswer(page)).toBe(markup);
  expect(await page.locator('.turn.assistant .turn-text *').count()).toBe(0);
  expect(await page.title()).not.toBe('it ran');
});

it('stops at once, keeps what came, and goes on from there', async () => {
  const { key } = await account('stop');
  const { page, requests } = await openConsole({ key: key.key, at: '#/playground' });
  const message = page.getByLabel('Message', { exact: true });
  await message.fill('Hello\n@sandbox tokens=2000 chunk_delay=50ms');
  await message.press('Enter');
  await textOf(page.locator('.turn.assistant .turn-text'), /word word/);
  await message.fill('And ');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('stopped: what was generated until then is charged').waitFor();
  const kept = await page.locator('.turn.assistant .turn-text').textContent();

  // The draft is neither sent by the click that stops nor lost, and is where one types on.
  await page.keyboard.type('again');
  expect(await message.inputValue()).toBe('And again');
  await message.press('Enter');
  await textOf(page.locator('.turn.assistant').nth(1), /And again/);
  expect(requests.filter((request) => request.endsWith('/chat/completions'))).toHaveLength(2);
  expect(await page.locator('.turn.assistant .turn-text').first().textContent()).toBe(kept);
});

it('shows an error of the stream with its request, and tries again', async () => {
  const { key } = await account('stream error');
  const { page, mayFail, requests } = await openConsole({ key: key.key, at: '#/playground' });
  mayFail('/chat/completions');
  const message = page.getByLabel('Message', { exact: true });
  await message.fill('@sandbox error=model_overloaded');
  await message.press('Enter');
  const alert = page.getByRole('alert');
  await alert.waitFor();
  expect(await alert.textContent()).toMatch(/model_overloaded.*req_\w+/);
  expect(await page.locator('.turn').count()).toBe(1);
  const first = await alert.textContent();
  await alert.getByRole('button', { name: 'Try again' }).click();
  // Another request, by its id.
  await expect.poll(() => alert.textContent()).not.toBe(first);
  expect(requests.filter((request) => request.endsWith('/chat/completions'))).toHaveLength(2);
});

it('shows the calls of tools and takes their results', async () => {
  const { key } = await account('tools');
  const { page } = await openConsole({ key: key.key, at: '#/playground' });
  await page.getByText('Tools', { exact: true }).click();
  const tools = page.getByLabel('Tools as JSON');
  await tools.fill('[{"type": "function"}]');
  await page.getByText('The tool at [0] has no function.name.').waitFor();
  await tools.fill('[');
  await page.getByText('This is not valid JSON').waitFor();
  const message = page.getByLabel('Message', { exact: true });
  await message.fill('What is the weather in Seoul?');
  expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);

  await page.getByRole('button', { name: 'Insert an example' }).click();
  await message.press('Enter');
  await page.getByLabel('Result of get_weather').fill('{"sky": "clear"}');
  await page.getByRole('button', { name: 'Send results' }).click();
  await textOf(page.locator('.turn.assistant').nth(1), /clear[\s\S]*stop/);
});

it('keeps what is typed while an answer comes that ends in calls of tools', async () => {
  const { key } = await account('draft');
  const { page } = await openConsole({ key: key.key, at: '#/playground', script: GATED_STREAMS });
  await page.getByText('Tools', { exact: true }).click();
  await page.getByRole('button', { name: 'Insert an example' }).click();
  const message = page.getByLabel('Message', { exact: true });
  await message.fill('What is the weather in Seoul?');
  await message.press('Enter');
  await page.getByRole('button', { name: 'Stop' }).waitFor();
  await message.fill('And in Busan?');
  await drop(page.locator('.composer'), [{ name: 'notes.txt', type: 'text/plain', content: 'Pack light.' }]);
  await page.locator('.composer .attachments li').waitFor();
  await message.focus();
  await letThrough(page);
  const result = page.getByLabel('Result of get_weather');
  await result.waitFor();
  expect(await message.inputValue()).toBe('And in Busan?');
  expect(await message.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true);
  await page.getByText('The results of the tools come first.').waitFor();

  await result.fill('clear');
  await page.getByRole('button', { name: 'Send results' }).click();
  await textOf(page.locator('.turn.assistant').nth(1), /clear[\s\S]*stop/);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await textOf(page.locator('.turn.user').nth(1), /And in Busan\?[\s\S]*notes\.txt/);
});

it('goes on without a call of a tool that was stopped in the middle', async () => {
  const { key } = await account('half a call');
  const { page } = await openConsole({ key: key.key, at: '#/playground', script: GATED_STREAMS });
  await page.getByText('Tools', { exact: true }).click();
  await page.getByRole('button', { name: 'Insert an example' }).click();
  const message = page.getByLabel('Message', { exact: true });
  await message.fill('What is the weather in New York City?');
  await message.press('Enter');
  // Who speaks, what is called, and the first of two pieces of its arguments.
  await letThrough(page, 3);
  const call = page.locator('.turn.assistant .call');
  await expect.poll(() => call.textContent()).toBe('get_weather {"city":"New Yor');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('This call was cut short: the next request goes without it.').waitFor();
  await page.getByText('stopped: what was generated until then is charged').waitFor();
  expect(await page.getByLabel('Result of get_weather').count()).toBe(0);

  await message.fill('Never mind');
  const [request] = await Promise.all([page.waitForRequest('**/chat/completions'), message.press('Enter')]);
  expect(request.postDataJSON().messages).toEqual([
    { role: 'user', content: 'What is the weather in New York City?' },
    { role: 'user', content: 'Never mind' },
  ]);
  await letThrough(page);
  await textOf(page.locator('.turn.assistant').nth(1), /Never mind[\s\S]*stop/);
  expect(await page.getByRole('alert').count()).toBe(0);
});

it('holds an answer to a schema and shows it in lines', async () => {
  const { key } = await account('schema');
  const { page } = await openConsole({ key: key.key, at: '#/playground' });
  await page.getByText('Response schema', { exact: true }).click();
  await page.getByRole('button', { name: 'Insert an example' }).click();
  const message = page.getByLabel('Message', { exact: true });
  await message.fill('A review');
  await message.press('Enter');
  const answer = JSON.parse(await endedAnswer(page, '.code-block'));
  expect(['good', 'mixed', 'bad']).toContain(answer.sentiment);
});

it('uploads what is dropped and sends it along', async () => {
  const { key } = await account('attachments');
  const { page } = await openConsole({ key: key.key, at: '#/playground' });
  await drop(page.locator('.composer'), [
    { name: 'gradient.png', type: 'image/png', content: pngImage(12, 7) },
    { name: 'notes.txt', type: 'text/plain', content: 'The meeting moved to Thursday.' },
  ]);
  await page.locator('.composer .attachments li').nth(1).waitFor();
  await page.getByLabel('Message', { exact: true }).fill('What is this?');
  await page.getByRole('button', { name: 'Send' }).click();
  const answer = await endedAnswer(page);
  expect(answer).toContain('image/png');
  expect(answer).toContain('12');
  expect(answer).toContain('text/plain');
});

it('gives the request as code, without the key', async () => {
  const { key } = await account('code');
  const { page } = await openConsole({ key: key.key, at: '#/playground' });
  const message = page.getByLabel('Message', { exact: true });
  await message.fill("What's up?\n@sandbox text=fine");
  await message.press('Enter');
  await textOf(page.locator('.turn.assistant .turn-text'), /fine/);
  await page.getByRole('button', { name: 'Code' }).click();
  const dialog = page.getByRole('dialog');
  for (const [name, part] of [
    ['curl', 'curl http'],
    ['OpenAI SDK', "import OpenAI from 'openai'"],
    ['fetch', 'await fetch('],
  ] as const) {
    await dialog.getByRole('button', { name, exact: true }).click();
    await dialog.getByRole('button', { name: /Copy the code|Copied/ }).click();
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await expect.poll(clipboard).toContain(part);
    const copied = await clipboard();
    expect(copied).toContain('@sandbox text=fine');
    expect(copied).not.toContain(key.key);
  }
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});
