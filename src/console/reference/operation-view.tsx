// One operation: what it does, what it takes, what it answers, and examples beside that.
import { type ComponentChildren, Fragment } from 'preact';
import { CopyButton } from '../components/copy-button';
import { Page } from '../components/page';
import { messages } from '../preferences';
import { ExamplePanel } from './example-panel';
import { type Content, type OpenApiDocument, type Operation, type Response, resolve } from './openapi';
import { inline, Prose } from './prose';
import { FieldView, SchemaView } from './schema-view';

interface OperationProps {
  document: OpenApiDocument;
  operation: Operation;
}

export function OperationView({ document, operation }: OperationProps) {
  const { reference } = messages.value;
  const { summary, description, requestBody, responses } = operation;
  return (
    <Page title={summary} heading={<span lang="en">{summary}</span>} lead={<Address operation={operation} />}>
      <div class="split reference-split">
        <div class="stack">
          {description !== undefined && <Prose text={description} />}
          <Keys operation={operation} />
          {(['path', 'query', 'header'] as const).map((place) => (
            <Parameters key={place} document={document} operation={operation} place={place} />
          ))}
          {requestBody !== undefined && (
            <Part title={reference.body}>
              {requestBody.description !== undefined && <Prose text={requestBody.description} />}
              <Contents document={document} content={requestBody.content} />
            </Part>
          )}
          <Part title={reference.responses}>
            {Object.entries(responses).map(([status, response], index) => (
              <ResponseView
                key={status}
                document={document}
                status={status}
                response={response}
                open={index === 0}
              />
            ))}
          </Part>
        </div>
        <ExamplePanel document={document} operation={operation} />
      </div>
    </Page>
  );
}

export function Method({ name }: { name: string }) {
  return <span class={`method ${name.toLowerCase()}`}>{name}</span>;
}

function Address({ operation: { method, path, operationId } }: { operation: Operation }) {
  const { reference } = messages.value;
  const link = `${location.origin}/docs#${operationId}`;
  return (
    <span class="address">
      <Method name={method} />
      <code>{path ?? reference.yourAddress}</code>
      {path !== null && <CopyButton value={path} label={reference.copyPath} />}
      <CopyButton value={link} label={reference.copyLink} words />
    </span>
  );
}

/** Which key it wants, and which scope that must have. */
function Keys({ operation: { security, path } }: { operation: Operation }) {
  const { reference } = messages.value;
  if (path === null) return <p class="muted">{reference.signed}</p>;
  if (security.length === 0) return <p class="muted">{reference.open}</p>;
  const scopes = security.flatMap(({ apiKey = [] }) => apiKey);
  return (
    <p class="keys">
      {security.flatMap(Object.keys).map((scheme) => (
        <span key={scheme} class="badge">
          {reference.keys[scheme] ?? scheme}
        </span>
      ))}
      {scopes.length > 0 && <span class="muted">{reference.scopes}</span>}
      {scopes.map((scope) => (
        <code key={scope}>{scope}</code>
      ))}
    </p>
  );
}

function Parameters({ document, operation, place }: OperationProps & { place: 'path' | 'query' | 'header' }) {
  const parameters = operation.parameters.filter((parameter) => parameter.in === place);
  if (parameters.length === 0) return null;
  return (
    <Part title={messages.value.reference.parameters[place]}>
      <ul class="fields">
        {parameters.map(({ name, schema = {}, required = false, description }) => (
          <li key={name}>
            <FieldView
              document={document}
              name={name}
              schema={schema}
              required={required}
              {...(description !== undefined && { text: description })}
            />
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Contents({ document, content }: { document: OpenApiDocument; content: Record<string, Content> }) {
  const { reference } = messages.value;
  return Object.entries(content).map(([type, { schema, 'x-item-schema': item }]) => (
    <div key={type} class="content">
      <p class="small">
        <code>{type}</code>
        {item !== undefined && ` ${reference.eachItem}`}
      </p>
      {item !== undefined && <SchemaView document={document} schema={item} />}
      {item === undefined && schema !== undefined && <SchemaView document={document} schema={schema} />}
    </div>
  ));
}

interface ResponseProps {
  document: OpenApiDocument;
  status: string;
  response: Response;
  open: boolean;
}

function ResponseView({ document, status, response, open }: ResponseProps) {
  const { reference } = messages.value;
  const { description, headers = {}, content = {} } = response;
  const tone = status < '300' ? 'good' : status < '400' ? '' : 'bad';
  const [first = '', ...rest] = description.split(/\n{2,}/);
  const types = errorTypes([first, ...rest]);
  // One of several errors does not speak for the others: then the row names their types and the texts stand below.
  const severalErrors = rest.length > 0 && types !== null;
  return (
    <details class="response" open={open}>
      <summary>
        <span class={`badge ${tone}`}>{status}</span>
        {severalErrors ? (
          <span>
            {types.map((type) => (
              <Fragment key={type}>
                <code>{type}</code>{' '}
              </Fragment>
            ))}
            {reference.cases(rest.length + 1)}
          </span>
        ) : (
          <span lang="en">{inline(first)}</span>
        )}
      </summary>
      {rest.length > 0 && <Prose text={severalErrors ? description : rest.join('\n\n')} />}
      <Contents document={document} content={content} />
      {Object.keys(headers).length > 0 && (
        <details class="members">
          <summary>{reference.headers}</summary>
          <ul class="fields">
            {Object.entries(headers).map(([name, header]) => {
              const { schema = {}, description: text, required = false } = resolve(document, header);
              return (
                <li key={name}>
                  <FieldView
                    document={document}
                    name={name}
                    schema={schema}
                    required={required}
                    {...(text !== undefined && { text })}
                  />
                </li>
              );
            })}
          </ul>
        </details>
      )}
    </details>
  );
}

/** The types of the errors that paragraphs are about, each once; null where one is about something else. */
function errorTypes(paragraphs: readonly string[]): string[] | null {
  const types = paragraphs.map((text) => /^`(\w+)`: /.exec(text)?.[1]);
  return types.every((type) => type !== undefined) ? Array.from(new Set(types)) : null;
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="part">
      <h2>{title}</h2>
      {children}
    </section>
  );
}
