// The document's texts: paragraphs, lists, `code` and **strong** words of Markdown, and nothing else of it.
import type { ComponentChild } from 'preact';

/** They are in English, whatever language the page is in. */
export function Prose({ text }: { text: string }) {
  return (
    <div class="prose" lang="en">
      {text.split(/\n{2,}/).map((block) => (
        <Block key={block} text={block} />
      ))}
    </div>
  );
}

function Block({ text }: { text: string }) {
  const items = text.split(/^(?:\d+\.|-) +/m);
  if (items.length === 1) return <p>{inline(text)}</p>;
  const List = /^\d/m.test(text) ? 'ol' : 'ul';
  const [before = '', ...rest] = items;
  return (
    <>
      {before.trim() !== '' && <p>{inline(before)}</p>}
      <List>
        {rest.map((item) => (
          <li key={item}>{inline(item)}</li>
        ))}
      </List>
    </>
  );
}

/** Text within a line. */
export function inline(text: string): ComponentChild[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith('`')) return <code key={part}>{part.slice(1, -1)}</code>;
    if (part.startsWith('**')) return <strong key={part}>{part.slice(2, -2)}</strong>;
    return part;
  });
}
