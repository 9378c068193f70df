import { describe, expect, it } from 'vitest';
import { isAskedFor, wordsOfMessage } from '../../../src/models/sandbox/tool-matching';

function asks(message: string, name: string, description?: string): boolean {
  return isAskedFor({ type: 'function', function: { name, description } }, wordsOfMessage(message));
}

describe('isAskedFor', () => {
  it.each([
    ['What is the weather in Paris?', 'get_weather', undefined],
    ['convert this', 'unitConvert', undefined],
    ['look at the orders', 'lookup-order', undefined],
    ['Which stock price is up?', 'lookup', 'Finds the prices of shares'],
    ['서울의 현재 날씨를 알려주세요', 'get_weather', '도시의 현재 날씨를 조회합니다'],
    ['서울의 현재 날씨를 알려주세요', 'get_weather', 'Get the current weather for a location'],
    ['서울의 현재 날씨를 알려주세요', 'get_weather', undefined],
    ['내일 서울 날씨 어때?', 'f1', '특정 지역의 날씨 정보를 가져옵니다'],
    ['지금 몇 시야?', 'get_time', 'Returns the time'],
    ['이 문장을 영어로 번역해줘', 'f1', '텍스트를 번역합니다'],
    ['What is the weather?', 'f1', '날씨를 조회합니다'],
    ['회의를 예약해줘', 'f1', '회의 일정을 만듭니다'],
    ['show me the data', 'get_data', undefined],
  ])('hears in "%s" the tool %s (%s)', (message, name, description) => {
    expect(asks(message, name, description)).toBe(true);
  });

  it.each([
    ['Hello, how are you?', 'get_weather', 'Get the current weather for a location'],
    ['Get the current time for me', 'get_weather', 'Get the current weather for a city'],
    ['get the weather', 'get_user', undefined],
    ['서울의 현재 날씨를 알려주세요', 'get_time', '도시의 현재 시간을 조회합니다'],
    ['서울의 현재 날씨를 알려주세요', 'send_email', '이메일을 보냅니다'],
    ['계좌 잔액을 조회해 주세요', 'f1', '현재 날씨를 조회합니다'],
    ['안녕하세요', 'f1', '파일을 검색하세요'],
    ['어떻게 지내고 싶습니다', 'send', '메시지를 보냅니다'],
    ['What does it do in 5 minutes?', 'f1', 'This does the top 5'],
    ['weatherproof jackets', 'get_weather', undefined],
    ['', 'get_weather', undefined],
  ])('does not hear in "%s" the tool %s (%s)', (message, name, description) => {
    expect(asks(message, name, description)).toBe(false);
  });
});
