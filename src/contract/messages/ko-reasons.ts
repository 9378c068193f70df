// Why something was refused, in Korean.
import type { Fault, Reasons } from './en-reasons';
import { tell } from './en-reasons';
import { typeName, withParticle } from './korean';

export const koReasons: Reasons = {
  json_unexpected: (found, line, column) => `${placeOf(line, column)}에 잘못된 문자 ${found}`,
  json_ends: (line, column) => `${placeOf(line, column)}에서 끝나 버림`,
  url_incomplete: () => '완전한 URL이 아닙니다. 예: https://example.com/path',
  url_not_https: () => 'https://로 시작해야 합니다',
  url_not_http: () => 'https:// 또는 http://로 시작해야 합니다',
  url_plain_http: () => 'http://가 아니라 https://로 시작해야 합니다',
  url_credentials: () => '사용자 이름이나 비밀번호를 포함할 수 없습니다',
  name_not_public: (name) => `"${name}"은(는) 공개된 이름이 아닙니다`,
  address_not_public: (address) => `${address}은(는) 공개된 주소가 아닙니다`,
  port_refused: (port, allowed) =>
    `포트 ${port}은(는) 사용할 수 없습니다. 사용할 수 있는 포트: ${allowed.join(', ')}`,
  name_leads_inside: (name) => `"${name}"이(가) 공개되지 않은 주소를 가리킵니다`,
  name_unresolved: (name) => `"${name}"의 주소를 찾을 수 없습니다`,
  boundary_missing: () => '콘텐츠 형식에 boundary가 없습니다',
  boundary_invalid: () => '콘텐츠 형식의 boundary가 올바르지 않습니다',
  no_parts_found: () => '본문에 boundary가 나오지 않습니다',
  boundary_line_malformed: () => 'boundary와 같은 줄에 다른 내용이 있습니다',
  header_malformed: () => '파트의 헤더가 올바르지 않습니다',
  headers_too_large: () => '파트의 헤더가 너무 큽니다',
  disposition_missing: () => '"Content-Disposition: form-data"가 없는 파트가 있습니다',
  name_missing: () => '이름이 없는 파트가 있습니다',
  encoding_unsupported: () => 'Content-Transfer-Encoding이 있는 파트는 지원하지 않습니다',
  too_many_parts: () => '파트가 너무 많습니다',
  epilogue_too_large: () => '마지막 boundary 뒤에 내용이 너무 많습니다',
  vocabulary_unsupported: () => '"$vocabulary"는 지원하지 않습니다',
  dialect_unknown: () => '"$schema"는 JSON Schema 2020-12 또는 draft-07이어야 합니다',
  schema_endless: () => '끝없이 자신을 참조하거나 너무 깊이 중첩되어 있습니다',
  schema_too_slow: () => '평가에 너무 많은 단계가 필요합니다',
  ref_dangling: () => '"$ref"가 가리키는 곳이 스키마 안에 없습니다',
  schema_unreadable: () => 'JSON Schema로 읽을 수 없습니다',
  pattern_too_long: (characters) => `패턴은 최대 ${characters}자입니다`,
  pattern_malformed: (pattern) => `패턴 ${pattern}이(가) 올바르지 않거나 너무 큽니다`,
  pattern_lookaround: (pattern) =>
    `패턴 ${pattern}의 전방탐색, 후방탐색, 수정자는 선형 시간에 처리할 수 없습니다`,
  pattern_backreference: (pattern) => `패턴 ${pattern}의 역참조는 선형 시간에 처리할 수 없습니다`,
  pattern_escape: (pattern, sequence) => `패턴 ${pattern}의 ${sequence}은(는) 선형 시간에 처리할 수 없습니다`,
  patterns_too_large: () => '패턴을 모두 합하면 너무 큽니다',
  too_deep: () => '너무 깊이 중첩되어 확인할 수 없습니다',
  too_large: () => '너무 커서 확인할 수 없습니다',
  not_allowed: () => '허용되지 않습니다',
  must_be_type: (types) => `${withParticle(types.map(typeName).join(' 또는 '), '이어야', '여야')} 합니다`,
  must_have: (names) => `${names}이(가) 있어야 합니다`,
  must_be_one_of: (values) => `다음 중 하나여야 합니다: ${values}`,
  must_be: (value) => `다음 값이어야 합니다: ${value}`,
  must_be_at_least: (limit) => `${limit} 이상이어야 합니다`,
  must_be_at_most: (limit) => `${limit} 이하여야 합니다`,
  must_be_greater: (limit) => `${limit}보다 커야 합니다`,
  must_be_less: (limit) => `${limit}보다 작아야 합니다`,
  must_be_multiple: (divisor) => `${divisor}의 배수여야 합니다`,
  characters_too_few: (limit) => `${limit}자 이상이어야 합니다`,
  characters_too_many: (limit) => `${limit}자 이하여야 합니다`,
  must_match: (pattern) => `패턴 ${pattern}과(와) 일치해야 합니다`,
  items_too_few: (limit) => `항목이 ${limit}개 이상이어야 합니다`,
  items_too_many: (limit) => `항목이 ${limit}개 이하여야 합니다`,
  items_repeated: () => '항목이 중복될 수 없습니다',
  items_not_contained: () => '조건에 맞는 항목의 수가 올바르지 않습니다',
  properties_too_few: (limit) => `속성이 ${limit}개 이상이어야 합니다`,
  properties_too_many: (limit) => `속성이 ${limit}개 이하여야 합니다`,
  property_lacking: () => '다른 속성이 요구하는 속성이 없습니다',
  none_matches: () => '선택지 중 하나 이상과 일치해야 합니다',
  not_exactly_one: () => '선택지 중 정확히 하나와 일치해야 합니다',
  must_not_match: () => '일치하면 안 되는 것과 일치합니다',
  keyword_violated: (keyword) => `"${keyword}" 조건을 만족하지 않습니다`,
  missing: () => '값이 없습니다',
  wrong_type: (expected, received) =>
    `${withParticle(expected.map(typeName).join(' 또는 '), '이어야', '여야')} 합니다 (받은 값의 형식: ${typeName(received)})`,
  fits_nothing: () => '허용되는 형식 중 어느 것과도 맞지 않습니다',
  members_unknown: (names, unnamed) =>
    `알 수 없는 키: ${names.map((name) => JSON.stringify(name)).join(', ')}${unnamed > 0 ? ` 외 ${unnamed}개` : ''}`,
  must_be_time: () => '시각이어야 합니다. 예: 2026-01-31T09:00:00Z',
  must_be_day: () => '날짜여야 합니다. 예: 2026-01-31',
  not_valid: () => '값이 올바르지 않습니다',
  answer_not_json: () => '응답이 JSON이 아닙니다',
  answer_no_object: () => '응답이 JSON 객체가 아닙니다',
  answer_cut_off: () => '응답이 토큰 한도에서 잘렸습니다',
  tool_unknown: (name) => `"${name}" 도구가 없습니다`,
  tool_not_chosen: (name) => `tool_choice가 "${name}"의 호출을 허용하지 않습니다`,
  arguments_no_object: (name) => `"${name}"의 arguments가 JSON 객체가 아닙니다`,
  call_required: (names) =>
    `tool_choice에 따라 ${names.map((name) => `"${name}"`).join(' 또는 ')}을(를) 호출해야 합니다`,
};

function placeOf(line: number, column: number): string {
  return line === 1 ? `${column}열` : `${line}행 ${column}열`;
}

export function faultSentencesInKorean(faults: readonly Fault[]): string {
  return faults
    .map(({ place, isName, reason }) => {
      const text = tell(koReasons, reason);
      return place === null ? text : `${isName ? `${place}의 이름` : place}: ${text}`;
    })
    .join('; ');
}
