// Uses everything public, to be checked by the compiler; it is never run.

import {
  MCPClient,
  MCPError,
  type BatchCall,
  type BatchResult,
  type CallOptions,
  type JSONValue,
  type LocalErrorCode,
  type MCPClientOptions,
  type Tool,
  type ToolContent,
  type ToolList,
  type ToolResult,
} from 'mcp-autoheal';

const options: MCPClientOptions = {
  timeout: 1_000,
  retries: 0,
  reportErrors: true,
  errorReportEndpoint: new URL('https://errors.example/report-error'),
  headers: { authorization: 'Bearer x' },
};
const client = new MCPClient('/jsonrpc', options);
new MCPClient();
new MCPClient(new URL('https://example.org/rpc'), { headers: new Headers() });
await client.ready;

interface Sum {
  total: number;
}
const perCall: CallOptions = { idempotent: true, timeout: 5 };
const sum = await client.request<Sum>('sum', { of: [1, 2] }, perCall);
const total: number = sum.total;
const json = await client.request<JSONValue>('echo', [total]);
const done: void = await client.notify('note', { json });

const calls: BatchCall[] = [{ method: 'a', params: {}, idempotent: true }, { method: 'b', notification: true }];
const results: BatchResult[] = await client.batch(calls);
for (const result of results) {
  if (result.status === 'rejected') throw result.reason;
  const value: unknown = result.value;
  void value;
}

const answer: ToolResult = await client.callTool('total_price', { items: [] }, perCall);
const part: ToolContent | undefined = answer.content?.[0];
const failed: boolean = answer.isError ?? false;
const list: ToolList = await client.listTools();
const tool: Tool | undefined = list.tools[0];
const model: unknown = await client.getModel('bert');
const pong: unknown = await client.ping();

try {
  throw new MCPError('TIMEOUT', 'made by hand', { any: 'data' });
} catch (error) {
  if (error instanceof MCPError) {
    const code: number | LocalErrorCode = error.code;
    const data: unknown = error.data;
    const name: 'MCPError' = error.name;
    void [code, data, name, error.message, error.cause];
  }
}
void [done, part, failed, tool, model, pong];

// What the types must refuse.
// @ts-expect-error a text is no number of milliseconds
new MCPClient('/jsonrpc', { timeout: '30' });
// @ts-expect-error parameters are an object or an array
client.request('sum', 5);
// @ts-expect-error there is no such code
new MCPError('OOPS', '');
