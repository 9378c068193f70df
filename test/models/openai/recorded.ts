// What OpenAI-compatible APIs send, byte for byte but for ids and lengths.

/** OpenAI with `include_usage`: the usage comes in a chunk of its own. */
export const OPENAI_STREAM = `data: {"id":"chatcmpl-Br1","object":"chat.completion.chunk","created":1741569952,"model":"gpt-4.1-mini-2025-04-14","service_tier":"default","system_fingerprint":"fp_44added55e","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"Zx"}

data: {"id":"chatcmpl-Br1","object":"chat.completion.chunk","created":1741569952,"model":"gpt-4.1-mini-2025-04-14","service_tier":"default","system_fingerprint":"fp_44added55e","choices":[{"index":0,"delta":{"content":"안녕"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"9"}

data: {"id":"chatcmpl-Br1","object":"chat.completion.chunk","created":1741569952,"model":"gpt-4.1-mini-2025-04-14","service_tier":"default","system_fingerprint":"fp_44added55e","choices":[{"index":0,"delta":{"content":"하세요 😀"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"a1"}

data: {"id":"chatcmpl-Br1","object":"chat.completion.chunk","created":1741569952,"model":"gpt-4.1-mini-2025-04-14","service_tier":"default","system_fingerprint":"fp_44added55e","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null,"obfuscation":"Qk"}

data: {"id":"chatcmpl-Br1","object":"chat.completion.chunk","created":1741569952,"model":"gpt-4.1-mini-2025-04-14","service_tier":"default","system_fingerprint":"fp_44added55e","choices":[],"usage":{"prompt_tokens":19,"completion_tokens":5,"total_tokens":24,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":2,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"obfuscation":""}

data: [DONE]

`;

/** Groq: the usage rides in the last chunk of the answer, and once more in `x_groq`. */
export const GROQ_STREAM = `data: {"id":"chatcmpl-2c9","object":"chat.completion.chunk","created":1741570000,"model":"llama-3.3-70b-versatile","system_fingerprint":"fp_3f3b593e33","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"x_groq":{"id":"req_01jbd"}}

data: {"id":"chatcmpl-2c9","object":"chat.completion.chunk","created":1741570000,"model":"llama-3.3-70b-versatile","system_fingerprint":"fp_3f3b593e33","choices":[{"index":0,"delta":{"content":"Hello"},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-2c9","object":"chat.completion.chunk","created":1741570000,"model":"llama-3.3-70b-versatile","system_fingerprint":"fp_3f3b593e33","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":{"queue_time":0.05,"prompt_tokens":37,"prompt_time":0.006,"completion_tokens":3,"completion_time":0.01,"total_tokens":40,"total_time":0.016},"x_groq":{"id":"req_01jbd","usage":{"queue_time":0.05,"prompt_tokens":37,"completion_tokens":3,"total_tokens":40}}}

data: [DONE]

`;

/** OpenRouter: comments while the model is waited for, spaces in no place OpenAI has them, the cost in the usage. */
export const OPENROUTER_STREAM = `: OPENROUTER PROCESSING

: OPENROUTER PROCESSING

data: {"id":"gen-1741570100-x","provider":"DeepInfra","model":"deepseek/deepseek-chat","object":"chat.completion.chunk","created":1741570100,"choices":[{"index":0,"delta":{"role":"assistant","content":"Good"},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}

: OPENROUTER PROCESSING

data: {"id":"gen-1741570100-x","provider":"DeepInfra","model":"deepseek/deepseek-chat","object":"chat.completion.chunk","created":1741570100,"choices":[{"index":0,"delta":{"role":"assistant","content":" day"},"finish_reason":"stop","native_finish_reason":"stop","logprobs":null}]}

data: {"id":"gen-1741570100-x","provider":"DeepInfra","model":"deepseek/deepseek-chat","object":"chat.completion.chunk","created":1741570100,"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null,"native_finish_reason":null,"logprobs":null}],"usage":{"prompt_tokens":11,"completion_tokens":2,"total_tokens":13,"cost":0.0000123,"prompt_tokens_details":{"cached_tokens":0}}}

data: [DONE]

`;

/** Azure: first a chunk about the prompt, whose id and model are empty, and last one about the answer, without a delta. */
export const AZURE_STREAM = `data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}

data: {"choices":[{"content_filter_results":{},"delta":{"content":"","refusal":null,"role":"assistant"},"finish_reason":null,"index":0,"logprobs":null}],"created":1741570200,"id":"chatcmpl-Az7","model":"gpt-4o-2024-11-20","object":"chat.completion.chunk","system_fingerprint":"fp_ded0d14823"}

data: {"choices":[{"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}},"delta":{"content":"Hi"},"finish_reason":null,"index":0,"logprobs":null}],"created":1741570200,"id":"chatcmpl-Az7","model":"gpt-4o-2024-11-20","object":"chat.completion.chunk","system_fingerprint":"fp_ded0d14823"}

data: {"choices":[{"content_filter_results":{},"delta":{},"finish_reason":"stop","index":0,"logprobs":null}],"created":1741570200,"id":"chatcmpl-Az7","model":"gpt-4o-2024-11-20","object":"chat.completion.chunk","system_fingerprint":"fp_ded0d14823"}

data: [DONE]

`;

/** Two choices in turn, with log probabilities; vLLM writes a space after each colon and comma. */
export const TWO_CHOICES_STREAM = `data: {"id": "chatcmpl-v1", "object": "chat.completion.chunk", "created": 1741570300, "model": "Qwen/Qwen3-8B", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": null, "finish_reason": null}]}

data: {"id": "chatcmpl-v1", "object": "chat.completion.chunk", "created": 1741570300, "model": "Qwen/Qwen3-8B", "choices": [{"index": 0, "delta": {"content": "A"}, "logprobs": {"content": [{"token": "A", "logprob": -0.5, "bytes": [65], "top_logprobs": []}]}, "finish_reason": null}]}

data: {"id": "chatcmpl-v1", "object": "chat.completion.chunk", "created": 1741570300, "model": "Qwen/Qwen3-8B", "choices": [{"index": 1, "delta": {"role": "assistant", "content": "B"}, "logprobs": {"content": [{"token": "B", "logprob": -1.25, "bytes": [66], "top_logprobs": []}]}, "finish_reason": null}]}

data: {"id": "chatcmpl-v1", "object": "chat.completion.chunk", "created": 1741570300, "model": "Qwen/Qwen3-8B", "choices": [{"index": 1, "delta": {"content": ""}, "logprobs": null, "finish_reason": "length"}]}

data: {"id": "chatcmpl-v1", "object": "chat.completion.chunk", "created": 1741570300, "model": "Qwen/Qwen3-8B", "choices": [{"index": 0, "delta": {"content": ""}, "logprobs": null, "finish_reason": "stop"}]}

data: {"id": "chatcmpl-v1", "object": "chat.completion.chunk", "created": 1741570300, "model": "Qwen/Qwen3-8B", "choices": [], "usage": {"prompt_tokens": 9, "total_tokens": 13, "completion_tokens": 4, "prompt_tokens_details": null}}

data: [DONE]

`;

/** OpenAI: two tool calls, their arguments in pieces. */
export const TOOL_CALLS_STREAM = `data: {"id":"chatcmpl-T1","object":"chat.completion.chunk","created":1741570400,"model":"gpt-4.1-mini-2025-04-14","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"get_weather","arguments":""}}],"refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-T1","object":"chat.completion.chunk","created":1741570400,"model":"gpt-4.1-mini-2025-04-14","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"city\\": "}}]},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-T1","object":"chat.completion.chunk","created":1741570400,"model":"gpt-4.1-mini-2025-04-14","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\\"서울\\"}"}}]},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-T1","object":"chat.completion.chunk","created":1741570400,"model":"gpt-4.1-mini-2025-04-14","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"get_time","arguments":"{}"}}]},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-T1","object":"chat.completion.chunk","created":1741570400,"model":"gpt-4.1-mini-2025-04-14","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}],"usage":null}

data: {"id":"chatcmpl-T1","object":"chat.completion.chunk","created":1741570400,"model":"gpt-4.1-mini-2025-04-14","choices":[],"usage":{"prompt_tokens":80,"completion_tokens":31,"total_tokens":111,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}}

data: [DONE]

`;

/** OpenAI: a refusal, token by token. */
export const REFUSAL_STREAM = `data: {"id":"chatcmpl-R1","object":"chat.completion.chunk","created":1741570500,"model":"gpt-4.1-mini-2025-04-14","choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":""},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-R1","object":"chat.completion.chunk","created":1741570500,"model":"gpt-4.1-mini-2025-04-14","choices":[{"index":0,"delta":{"refusal":"I'm sorry,"},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-R1","object":"chat.completion.chunk","created":1741570500,"model":"gpt-4.1-mini-2025-04-14","choices":[{"index":0,"delta":{"refusal":" no."},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-R1","object":"chat.completion.chunk","created":1741570500,"model":"gpt-4.1-mini-2025-04-14","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}

data: [DONE]

`;

/** OpenAI, not streamed. */
export const OPENAI_ANSWER = `{
  "id": "chatcmpl-B9M",
  "object": "chat.completion",
  "created": 1741569952,
  "model": "gpt-4.1-mini-2025-04-14",
  "choices": [
    {
      "index": 0,
      "message": { "role": "assistant", "content": "안녕하세요", "refusal": null, "annotations": [] },
      "logprobs": null,
      "finish_reason": "stop"
    }
  ],
  "usage": {
    "prompt_tokens": 19,
    "completion_tokens": 10,
    "total_tokens": 29,
    "prompt_tokens_details": { "cached_tokens": 4, "audio_tokens": 0 },
    "completion_tokens_details": { "reasoning_tokens": 2, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0 }
  },
  "service_tier": "default",
  "system_fingerprint": "fp_44added55e"
}
`;

/** vLLM writes out what there is none of. */
export const VLLM_ANSWER =
  '{"id":"chatcmpl-8f","object":"chat.completion","created":1741570600,"model":"Qwen/Qwen3-8B","choices":[{"index":0,"message":{"role":"assistant","reasoning_content":"Hm.","content":"Hello","refusal":"","tool_calls":[]},"logprobs":null,"finish_reason":"stop","stop_reason":null}],"usage":{"prompt_tokens":9,"total_tokens":12,"completion_tokens":3,"prompt_tokens_details":null},"prompt_logprobs":null,"error":null}';
