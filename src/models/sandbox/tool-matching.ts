// Whether a message asks for a tool: do words of the tool's name or description occur in it, in English or Korean?
import type { Tool } from '../../contract/chat';

/** English words that say nothing about what a tool is for. */
const ENGLISH_STOP_WORDS = new Set(
  (
    'a about all also an and any are as at based be been by call can could current currently data do does for from ' +
    'function get gets getting give given gives has have how i if in info information input into is it its let like ' +
    'list make me my need no not now of on or our out please provide provided provides result results return returned ' +
    'returns set show so some specific specified tell that the their them then there these this to tool up us use used ' +
    'uses using value values want was we what when where which who will with would you your'
  ).split(' '),
);

/** Korean stems and pairs of syllables of the same kind: politeness, "current", "look up", "information", … */
const KOREAN_STOP_WORDS = new Set(
  (
    '알려 알려주 조회 확인 정보 현재 지금 오늘 내용 결과 요청 사용 이용 지정 특정 주어진 해당 대한 대해 위한 위해 통해 통한 관한 ' +
    '관련 가져 가져오 가져옵 반환 제공 수행 실행 처리 부탁 도구 함수 기능 입력 출력 어떤 어떻게 무엇 무슨 얼마 있는 없는 하는 되는 ' +
    '니다 습니 세요 주세 아요 어요 해요 네요 나요 까요 주어 어진 리고 그리고 또는 모든 여기 저기 우리 당신 어디 언제 누구 이것 그것 저것'
  ).split(' '),
);

/** A stem of two syllables or more, then an ending or a particle, the longest that fits. */
const KOREAN_WORD =
  /^(.{2,}?)(?:해주시겠어요|해주십시오|해주세요|해줄래요|주시겠어요|주십시오|드립니다|했습니다|됩니다|합니다|입니다|습니다|해드려|해줄래|주세요|하세요|할까요|인가요|일까요|니까|해줘요|하여|해줘|해요|하기|하고|하는|한다|해서|했어|에서는|에서|에게|까지|부터|으로|이나|이랑|처럼|보다|마다|들을|들이|들의|을|를|이|가|은|는|의|에|로|와|과|도|랑|나|줘|해|요)$/;

/** The same thing in both languages, for a question in the one and a tool in the other. */
const TRANSLATIONS: readonly [korean: string, english: readonly string[]][] = [
  ['날씨', ['weather', 'forecast']],
  ['기온', ['temperature', 'weather']],
  ['온도', ['temperature']],
  ['시간', ['time']],
  ['몇 시', ['time']],
  ['시각', ['time']],
  ['날짜', ['date']],
  ['주가', ['stock']],
  ['주식', ['stock']],
  ['가격', ['price']],
  ['환율', ['exchange', 'currency']],
  ['계산', ['calculate', 'calculator', 'calculation']],
  ['번역', ['translate', 'translation', 'translator']],
  ['검색', ['search']],
  ['이메일', ['email', 'mail']],
  ['메일', ['email', 'mail']],
  ['일정', ['schedule', 'calendar']],
  ['예약', ['book', 'booking', 'reserve', 'reservation']],
  ['주문', ['order']],
  ['배송', ['shipping', 'delivery']],
  ['결제', ['payment', 'pay']],
  ['환불', ['refund']],
  ['항공', ['flight']],
  ['호텔', ['hotel']],
  ['뉴스', ['news']],
  ['지도', ['map']],
];

/** A message's words, ready to be compared with any number of tools. */
export interface MessageWords {
  english: ReadonlySet<string>;
  /** Pairs of syllables: Korean compounds freely, so "현재날씨" and "날씨가" meet in "날씨". */
  korean: ReadonlySet<string>;
}

/** The words of a message with what they mean in the other language. */
export function wordsOfMessage(text: string): MessageWords {
  const english = new Set(englishWords(text).map(singular));
  const korean = new Set(koreanPairs(text));
  for (const [term, translations] of TRANSLATIONS) {
    const isMeant = translations.some((word) => english.has(word));
    if (text.includes(term)) for (const word of translations) english.add(word);
    if (isMeant) for (const pair of koreanPairs(term)) korean.add(pair);
  }
  return { english, korean };
}

/** Whether a content word of the tool's name or description is among the message's words. */
export function isAskedFor(tool: Tool, message: MessageWords): boolean {
  const name = tool.function.name.replaceAll(/(\p{Ll}|\d)(?=\p{Lu})/gu, '$1 ').replaceAll(/[_.-]/g, ' ');
  const text = `${name}\n${tool.function.description ?? ''}`;
  return (
    contentWords(name, text).some((word) => message.english.has(singular(word))) ||
    koreanPairs(text).some((pair) => message.korean.has(pair))
  );
}

/** A name of nothing but stop words ("get_data") can still be asked for, by its last one. */
function contentWords(name: string, text: string): string[] {
  const words = englishWords(text).filter((word) => !ENGLISH_STOP_WORDS.has(word));
  const nameWords = englishWords(name);
  const isNondescript = nameWords.every((word) => ENGLISH_STOP_WORDS.has(word));
  return isNondescript ? [...words, ...nameWords.slice(-1)] : words;
}

function englishWords(text: string): string[] {
  return text.toLowerCase().match(/[a-z][a-z0-9]+/g) ?? [];
}

/** A plain plural folded into its singular: cities → city, prices → price, but not address or status. */
function singular(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  return word.length > 3 && /[^siu]s$/.test(word) ? word.slice(0, -1) : word;
}

/** The neighbouring syllables of every Korean word's stem, without those that say nothing. */
function koreanPairs(text: string): string[] {
  const pairs: string[] = [];
  for (const word of text.match(/[\uac00-\ud7a3]{2,}/g) ?? []) {
    const stem = word.replace(KOREAN_WORD, '$1');
    if (KOREAN_STOP_WORDS.has(stem)) continue;
    for (let index = 0; index + 2 <= stem.length; index++) {
      const pair = stem.slice(index, index + 2);
      if (!KOREAN_STOP_WORDS.has(pair)) pairs.push(pair);
    }
  }
  return pairs;
}
