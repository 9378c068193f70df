// An adapter that is loaded by its first call: the libraries behind some would make every start of the Worker slower.
import type { ChatModel } from './model';
import type { ConnectModel } from './provider';

export function lazyModel(load: () => Promise<ConnectModel>): ConnectModel {
  return (upstream) => {
    let connected: ChatModel | null = null;
    const model = async (): Promise<ChatModel> => {
      connected ??= (await load())(upstream);
      return connected;
    };
    return {
      complete: async (call) => (await model()).complete(call),
      stream: async (call, options) => (await model()).stream(call, options),
    };
  };
}
