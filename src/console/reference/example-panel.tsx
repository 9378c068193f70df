// An operation in use: the request as curl, and what comes back, each by the examples of the document.
import { useState } from 'preact/hooks';
import { CodeBlock } from '../components/code-block';
import { messages } from '../preferences';
import { type Content, type Example, type OpenApiDocument, type Operation, resolve } from './openapi';
import { operationCurl } from './operation-curl';

interface NamedExample {
  /** What the menu calls it. */
  name: string;
  value: unknown;
}

export function ExamplePanel({ document, operation }: { document: OpenApiDocument; operation: Operation }) {
  const { reference } = messages.value;
  const { path, requestBody, responses } = operation;
  const bodies = examplesOf(document, requestBody?.content);
  const answers = Object.entries(responses).flatMap(([status, { content }]) =>
    examplesOf(document, content).map(({ name, value }) => ({ name: `${status} · ${name}`, value })),
  );
  return (
    <aside class="examples" aria-label={reference.examples}>
      {(path !== null || bodies.length > 0) && (
        <ExampleChoice
          title={reference.request}
          examples={bodies.length > 0 ? bodies : [{ name: '', value: undefined }]}
          textOf={(value) =>
            path === null ? textOf(value) : operationCurl(document, operation, path, value)
          }
          copyLabel={path === null ? messages.value.common.copy : reference.copyCurl}
        />
      )}
      {answers.length > 0 && (
        <ExampleChoice
          title={reference.response}
          examples={answers}
          textOf={textOf}
          copyLabel={messages.value.common.copy}
        />
      )}
    </aside>
  );
}

interface ExampleChoiceProps {
  title: string;
  examples: NamedExample[];
  textOf: (value: unknown) => string;
  copyLabel: string;
}

function ExampleChoice({ title, examples, textOf, copyLabel }: ExampleChoiceProps) {
  const [chosen, setChosen] = useState(0);
  return (
    <section>
      <div class="example-head">
        <h2>{title}</h2>
        {examples.length > 1 && (
          <select
            aria-label={messages.value.reference.exampleOf(title)}
            value={chosen}
            onChange={(event) => setChosen(Number(event.currentTarget.value))}
          >
            {examples.map(({ name }, index) => (
              <option key={name} value={index}>
                {name}
              </option>
            ))}
          </select>
        )}
      </div>
      <CodeBlock text={textOf(examples[chosen]?.value)} label={copyLabel} />
    </section>
  );
}

function examplesOf(document: OpenApiDocument, content: Record<string, Content> = {}): NamedExample[] {
  return Object.values(content).flatMap(({ examples = {} }) =>
    Object.entries(examples).map(([key, example]) => {
      const { summary = key, value } = resolve<Example>(document, example);
      return { name: summary, value };
    }),
  );
}

/** Texts, such as events and CSV, as they are. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
