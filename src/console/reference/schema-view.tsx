// The members of a schema. What is within a member is drawn once it is opened, so a schema within itself is no trouble.
import { useState } from 'preact/hooks';
import { messages } from '../preferences';
import type { OpenApiDocument, Schema } from './openapi';
import { inline } from './prose';
import { descriptionOf, type Field, type Form, formsOf, limitsOf, typeName, valuesOf } from './schema-shape';

interface SchemaProps {
  document: OpenApiDocument;
  schema: Schema;
}

/** A whole body: its type, and its members in each form it may have. */
export function SchemaView({ document, schema }: SchemaProps) {
  const forms = formsOf(document, schema);
  return (
    <div class="schema" lang="en">
      <p>
        <code class="type">{typeName(document, schema)}</code> {inline(descriptionOf(document, schema) ?? '')}
      </p>
      <Forms document={document} forms={forms} />
    </div>
  );
}

function Forms({ document, forms }: { document: OpenApiDocument; forms: Form[] }) {
  const [only] = forms;
  if (forms.length === 1 && only !== undefined) return <Fields document={document} fields={only.fields} />;
  return forms.map(({ name, fields }) => (
    <Disclosure key={`${name} ${fields.map((field) => field.name)}`} summary={name} label={name}>
      {() => <Fields document={document} fields={fields} />}
    </Disclosure>
  ));
}

function Fields({ document, fields }: { document: OpenApiDocument; fields: Field[] }) {
  return (
    <ul class="fields">
      {fields.map((field) => (
        <li key={field.name}>
          <FieldView document={document} {...field} />
        </li>
      ))}
    </ul>
  );
}

/** One member or parameter. */
export function FieldView({
  document,
  name,
  schema,
  required,
  ...rest
}: Field & SchemaProps & { text?: string }) {
  const { reference } = messages.value;
  const text = rest.text ?? descriptionOf(document, schema);
  const values = valuesOf(document, schema);
  const forms = formsOf(document, schema);
  return (
    <>
      <p class="field-head">
        <code class="field-name">{name}</code>
        <span class="type">{typeName(document, schema)}</span>
        {required && <span class="required">{reference.required}</span>}
        {limitsOf(document, schema).map((limit) => (
          <code key={limit} class="limit">
            {limit}
          </code>
        ))}
      </p>
      {text !== undefined && (
        <p class="field-text" lang="en">
          {inline(text)}
        </p>
      )}
      {values.length > 0 && (
        <p class="chips">
          {values.map((value) => (
            <code key={value} class="limit">
              {value}
            </code>
          ))}
        </p>
      )}
      {forms.length > 0 && (
        <Disclosure summary={reference.members} label={reference.membersOf(name)}>
          {() => <Forms document={document} forms={forms} />}
        </Disclosure>
      )}
    </>
  );
}

interface DisclosureProps {
  summary: string;
  /** What it opens, for those who hear it away from its place. */
  label: string;
  children: () => preact.ComponentChildren;
}

function Disclosure({ summary, label, children }: DisclosureProps) {
  const [open, setOpen] = useState(false);
  return (
    <details class="members" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary aria-label={label}>{summary}</summary>
      {open && children()}
    </details>
  );
}
