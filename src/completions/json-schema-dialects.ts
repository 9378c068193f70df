// hyperjump's JSON Schema dialects as we need them: nothing is fetched, patterns match in linear time, errors are ours.
import * as Browser from '@hyperjump/browser';
import '@hyperjump/json-schema/draft-07';
import { type Output, setMetaSchemaOutputFormat } from '@hyperjump/json-schema/draft-2020-12';
import {
  addKeyword,
  BASIC,
  type CompiledSchema,
  DETAILED,
  getKeywordName,
  interpret,
  type Keyword,
  setOutputFormat,
  Validation,
  type ValidationContext,
} from '@hyperjump/json-schema/experimental';
import * as Instance from '@hyperjump/json-schema/instance/experimental';
import type { Fault } from '../contract/messages/en-reasons';
import { ViolationCollector, WORK_LIMIT_STEPS } from './json-schema-violations';
import { compileLinearPattern, type LinearPattern, PatternError } from './linear-pattern';

type JsonNode = Parameters<typeof Instance.uri>[0];
type Compile = Keyword<unknown>['compile'];
type Ast = Parameters<Compile>[1];
type SchemaNode = Parameters<Compile>[0];

/** `unevaluatedProperties` asks which properties were looked at; keywords that look at some add them here. */
interface PropertyContext extends ValidationContext {
  evaluatedProperties?: Set<string>;
}

export type ValidationResult = { valid: true } | { valid: false; faults: Fault[] };

interface OtherProperties {
  names: Set<string>;
  patterns: LinearPattern[];
  schemaUri: string;
}

const KEYWORD = 'https://json-schema.org/keyword/';
const PATTERN = `${KEYWORD}pattern`;
const PATTERN_PROPERTIES = `${KEYWORD}patternProperties`;
const ADDITIONAL_PROPERTIES = `${KEYWORD}additionalProperties`;

/** All patterns of one schema together. Ten thousand states compile in half a second at worst. */
const PATTERNS_LIMIT_STATES = 10_000;

/** RE2 visits at most this many states in the time of one evaluation. */
const STATES_PER_STEP = 500;

for (const scheme of ['http', 'https', 'file']) Browser.removeUriSchemePlugin(scheme);

/** What a schema may take for the smallest of values, before anyone uses it: some 15 ms. */
const PROBE_LIMIT_STEPS = 100_000;
/** hyperjump's types know no formats but its own; this one has no other use here. */
const PROBE = DETAILED;

// The format with errors is ours, for schemas under their metaschema and for values under their schema.
for (const [format, limitSteps] of [
  [BASIC, WORK_LIMIT_STEPS],
  [PROBE, PROBE_LIMIT_STEPS],
] as const) {
  setOutputFormat(format, () => {
    const plugin = new ViolationCollector(matchingWork, limitSteps);
    return { plugin, getErrors: () => plugin.faults };
  });
}
setMetaSchemaOutputFormat(BASIC);

addKeyword<LinearPattern>({
  id: PATTERN,
  compile: async (schema, ast) => patternWithin(ast, Browser.value<string>(schema)),
  interpret: (pattern, instance) =>
    Instance.typeOf(instance) !== 'string' || pattern.test(Instance.value<string>(instance)),
});

addKeyword<[LinearPattern, schemaUri: string][]>({
  id: PATTERN_PROPERTIES,
  simpleApplicator: true,
  compile: async (schema, ast) => {
    const compiled: [LinearPattern, string][] = [];
    for await (const [source, subschema] of Browser.entries(schema)) {
      compiled.push([patternWithin(ast, source), await Validation.compile(asSchema(subschema), ast, schema)]);
    }
    return compiled;
  },
  interpret: (patterns, instance, context: PropertyContext) => {
    if (Instance.typeOf(instance) !== 'object') return true;
    let valid = true;
    for (const [pattern, schemaUri] of patterns) {
      for (const [nameNode, value] of Instance.entries(instance)) {
        const name = Instance.value<string>(nameNode);
        if (!pattern.test(name)) continue;
        if (!Validation.interpret(schemaUri, value, context)) valid = false;
        context.evaluatedProperties?.add(name);
      }
    }
    return valid;
  },
});

addKeyword<OtherProperties>({
  id: ADDITIONAL_PROPERTIES,
  simpleApplicator: true,
  compile: async (schema, ast, parent) => {
    const { dialectId } = schema.document;
    const [names, patterns] = await Promise.all(
      [`${KEYWORD}properties`, PATTERN_PROPERTIES].map(async (keywordId) => {
        const sibling = await Browser.step(getKeywordName(dialectId, keywordId), parent);
        return Browser.typeOf(sibling) === 'object' ? [...Browser.keys(sibling)] : [];
      }),
    );
    return {
      names: new Set(names),
      patterns: (patterns ?? []).map((source) => patternWithin(ast, source)),
      schemaUri: await Validation.compile(schema, ast, parent),
    };
  },
  interpret: ({ names, patterns, schemaUri }, instance, context: PropertyContext) => {
    if (Instance.typeOf(instance) !== 'object') return true;
    let valid = true;
    for (const [nameNode, value] of Instance.entries(instance)) {
      const name = Instance.value<string>(nameNode);
      if (names.has(name) || patterns.some((pattern) => pattern.test(name))) continue;
      if (!Validation.interpret(schemaUri, value, context)) valid = false;
      context.evaluatedProperties?.add(name);
    }
    return valid;
  },
});

/** Evaluates a value. Throws `WorkLimitError`, and `RangeError` where the recursion has no end. */
export function evaluate(compiled: CompiledSchema, value: unknown): ValidationResult {
  const output = interpret(compiled, Instance.fromJs(value as Parameters<typeof Instance.fromJs>[0]), BASIC);
  return output.valid ? { valid: true } : { valid: false, faults: faultsOf(output) };
}

/** Evaluates null, in short: what does not end then, or takes too long, does so for any value. Throws as `evaluate`. */
export function probe(compiled: CompiledSchema): void {
  interpret(compiled, Instance.fromJs(null), PROBE);
}

/** What is wrong by a failed evaluation; hyperjump's types know only its own formats. */
export function faultsOf(output: Output): Fault[] {
  return 'errors' in output ? (output.errors as unknown as Fault[]) : [];
}

const statesByAst = new WeakMap<Ast, number>();

function patternWithin(ast: Ast, source: string): LinearPattern {
  const pattern = compileLinearPattern(source);
  const states = (statesByAst.get(ast) ?? 0) + pattern.size;
  if (states > PATTERNS_LIMIT_STATES) throw new PatternError(['patterns_too_large']);
  statesByAst.set(ast, states);
  return pattern;
}

/** What matching costs, in evaluations: at worst RE2 takes every state at every character. */
function matchingWork([keywordId, , value]: [string, string, unknown], instance: JsonNode): number {
  switch (keywordId) {
    case PATTERN: {
      if (Instance.typeOf(instance) !== 'string') return 0;
      const text = Instance.value<string>(instance);
      return (text.length * (value as LinearPattern).size) / STATES_PER_STEP;
    }
    case PATTERN_PROPERTIES:
      return namesWork(
        instance,
        (value as [LinearPattern, string][]).map(([pattern]) => pattern),
      );
    case ADDITIONAL_PROPERTIES:
      return namesWork(instance, (value as OtherProperties).patterns);
    default:
      return 0;
  }
}

function namesWork(instance: JsonNode, patterns: LinearPattern[]): number {
  if (patterns.length === 0 || Instance.typeOf(instance) !== 'object') return 0;
  const states = patterns.reduce((sum, pattern) => sum + pattern.size, 0);
  const characters = Object.keys(Instance.value<object>(instance)).reduce(
    (sum, name) => sum + name.length + 1,
    0,
  );
  return (characters * states) / STATES_PER_STEP;
}

/** hyperjump's types lose, on the way through a browser's entries, that the document is a schema. */
function asSchema(browser: Browser.Browser): SchemaNode {
  return browser as SchemaNode;
}
