// An issue of a zod schema in Korean. zod's own Korean leaves the names of types in English, with particles that do not fit.
import type * as z from 'zod';
import { ko as issueMessages } from 'zod/locales';
import { typeName, withParticle } from './korean';

const zodMessage = issueMessages().localeError;

export function issueMessage(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(String(issue.expected), issue.input);
    case 'invalid_value':
      return oneOf(issue.values as readonly unknown[]);
    case 'invalid_union':
      return issue.input === undefined ? '값이 없습니다' : '허용되는 형식 중 어느 것과도 맞지 않습니다';
    case 'too_small':
      return bound(issue, issue.minimum, issue.inclusive === false ? '초과' : '이상');
    case 'too_big':
      return bound(issue, issue.maximum, issue.inclusive === false ? '미만' : '이하');
    case 'invalid_key':
      return '키가 올바르지 않습니다';
    case 'unrecognized_keys':
      return `알 수 없는 키: ${(issue.keys as readonly string[]).map((key) => JSON.stringify(key)).join(', ')}`;
    default: {
      const message = zodMessage(issue);
      return (typeof message === 'string' ? message : message?.message) ?? '값이 올바르지 않습니다';
    }
  }
}

function wrongType(expected: string, input: unknown): string {
  const wanted = `${withParticle(typeName(expected), '이어야', '여야')} 합니다`;
  if (input === undefined) return `값이 없습니다. ${wanted}`;
  return `${wanted} (받은 값의 형식: ${typeName(typeOf(input))})`;
}

function oneOf(values: readonly unknown[]): string {
  const [only] = values;
  const listed = values.map((value) => JSON.stringify(value)).join(', ');
  return values.length === 1
    ? `값은 ${JSON.stringify(only)}이어야 합니다`
    : `다음 중 하나여야 합니다: ${listed}`;
}

/** `1자 이상이어야 합니다`, `항목이 2개 이하여야 합니다`: by what is measured. */
function bound({ origin }: z.core.$ZodRawIssue, limit: unknown, side: string): string {
  const measured: Record<string, string> = {
    string: `${limit}자`,
    file: `${limit}바이트`,
    array: `항목이 ${limit}개`,
    record: `속성이 ${limit}개`,
    object: `속성이 ${limit}개`,
  };
  return `${measured[String(origin)] ?? limit} ${withParticle(side, '이어야', '여야')} 합니다`;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isNaN(value) ? 'nan' : typeof value;
}
