// The first page of the reference: the document's introduction, and every operation by its subject.
import { Page } from '../components/page';
import { messages } from '../preferences';
import type { OpenApiDocument, Operation } from './openapi';
import { Method } from './operation-view';
import { inline, Prose } from './prose';

export function Overview({ document, operations }: { document: OpenApiDocument; operations: Operation[] }) {
  const { reference } = messages.value;
  const { version, description } = document.info;
  const groups = [
    ...document.tags.map((tag) => ({
      ...tag,
      members: operations.filter(({ path, tags }) => path !== null && tags[0] === tag.name),
    })),
    {
      name: reference.sent,
      description: reference.sentText,
      members: operations.filter(({ path }) => path === null),
    },
  ];
  return (
    <Page
      title={reference.title}
      lead={reference.version(version)}
      actions={
        <a class="button quiet" href="/openapi.json">
          openapi.json
        </a>
      }
    >
      <Prose text={description} />
      {groups.map(({ name, description: text, members }) => (
        <section key={name} class="part overview">
          <h2>{name}</h2>
          <p class="muted">{inline(text)}</p>
          <ul>
            {members.map(({ operationId, method, path, summary }) => (
              <li key={operationId}>
                <a href={`#${operationId}`} lang="en">
                  <Method name={method} />
                  <code>{path ?? reference.yourAddress}</code>
                  <span class="muted">{summary}</span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </Page>
  );
}
