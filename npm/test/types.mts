// Uses all public types. The compiler checks this file; it never runs.

import {
  MCPClient,
  MCPError,
  type BatchCall,
  type BatchResult,
  type CallOptions,
  type ClientCapabilities,
  type CompleteParams,
  type CompleteResult,
  type ElicitationParams,
  type ElicitationResult,
  type ErrorReport,
  type HeaderValues,
  type Implementation,
  type JSONValue,
  type List,
  type ListParams,
  type LocalErrorCode,
  type MCPClientOptions,
  type Params,
  type Progress,
  type Prompt,
  type PromptList,
  type PromptMessage,
  type PromptRequest,
  type PromptResult,
  type ReportingOptions,
  type Resource,
  type ResourceContents,
  type ResourceList,
  type ResourceResult,
  type ResourceTemplate,
  type ResourceTemplateList,
  type SamplingParams,
  type SamplingResult,
  type ServerCapabilities,
  type ServerMessage,
  type ServerNotifications,
  type ServerRequests,
  type Tool,
  type ToolContent,
  type ToolList,
  type ToolRequest,
  type ToolResult,
  type Wanted,
} from 'mcp-autoheal';
import type { MCPClient as InlineClient } from 'mcp-autoheal/inline';

// The client and its options. An option may be undefined.
const reporting: Required<ReportingOptions> = {
  endpoint: new URL('https://errors.example/report-error'),
  key: 'shop-page',
  release: 'shop@2.4.1',
  environment: 'production',
  tags: { theme: 'dark' },
  user: 'user 4711',
  sampleRate: 0.5,
  ignoreErrors: ['ResizeObserver', /^AbortError/],
  allowUrls: [/shop\.example/],
  denyUrls: ['chrome-extension:'],
  beforeSend: (report: ErrorReport): Wanted => (report.class === 'timeout' ? null : report),
  maxPerMinute: 10,
  captureGlobalErrors: true,
  breadcrumbs: false,
  offline: true,
};
const capabilities: ClientCapabilities = { elicitation: { form: {}, url: {} }, 'org.example/extension': 1 };
const clientInfo: Implementation = { name: 'shop', version: '2.4.1', title: 'Shop' };
const options: Required<MCPClientOptions> = {
  timeout: 1_000,
  retries: 0,
  mcp: 'auto',
  headers: async () => ({ authorization: 'Bearer x' }),
  reportErrors: reporting,
  errorReportEndpoint: '/report-error',
  clientInfo,
  capabilities,
  wasmUrl: '/assets/mcp-autoheal_bg.wasm',
};
const client = new MCPClient('/jsonrpc', options);
const inline: InlineClient = client;
new MCPClient();
const given: HeaderValues[] = [new Headers(), { accept: 'a' }, [['accept', 'a']]];
for (const headers of given) new MCPClient(new URL('https://example.org/mcp'), { headers, mcp: false });
new MCPClient('/mcp', { headers: () => undefined, reportErrors: true, mcp: undefined, timeout: undefined });
new MCPClient('/mcp', { reportErrors: { beforeSend: () => {}, release: undefined } });
new MCPClient('/mcp', { reportErrors: { beforeSend: async (report) => ({ ...report, severity: 'high' }) } });

// Life cycle.
await client.ready;
await client.connect();
client.onclose = () => {};
client.onerror = (error: unknown) => console.warn(error);
client.onclose = undefined;
const offers: ServerCapabilities | undefined = client.getServerCapabilities();
const changes: boolean | undefined = offers?.tools?.listChanged;
const server: string | undefined = client.getServerVersion()?.name;
const instructions: string | undefined = client.getInstructions();
const era: 'legacy' | 'modern' | undefined = client.getProtocolEra();
const delivered: boolean = (await client.flush()) && (await client.flush(500));
const ended: void = await client.close();

// Calls of any method.
interface Sum {
  total: number;
}
const perCall: Required<CallOptions> = {
  idempotent: true,
  timeout: 5,
  signal: AbortSignal.timeout(100),
  onprogress: ({ progress, total, message }: Progress) => console.log(progress, total?.toFixed(), message?.trim()),
  resetTimeoutOnProgress: true,
  headers: { 'x-trace': '1' },
};
const params: Params = { of: [1, 2] };
const sum = await client.request<Sum>('sum', params, perCall);
const total: number = sum.total;
const json = await client.request<JSONValue>('echo', [total]);
const unknown: unknown = await client.request('nothing', undefined, { signal: undefined });
const done: void = await client.notify('note', { json });
const calls: BatchCall[] = [{ method: 'a', params: {}, idempotent: true }, { method: 'b', notification: true }];
const results: BatchResult[] = await client.batch(calls);
for (const result of results) {
  if (result.status === 'rejected') throw result.reason;
  const value: unknown = result.value;
  void value;
}
const model: unknown = await client.getModel('bert');
const pong: unknown = await client.ping(perCall);

// Tools.
const toolResult: ToolResult = await client.callTool('total_price', { items: [] }, perCall);
const part: ToolContent | undefined = toolResult.content?.[0];
const text: string | undefined = part?.text;
const failed: boolean = toolResult.isError ?? false;
const request: ToolRequest = { name: 'total_price', arguments: { items: [] }, _meta: { traceparent: '00-…' } };
const priced = await client.callTool<Sum>(request, perCall);
const price: number | undefined = priced.structuredContent?.total;
const named: ToolResult<Sum> = await client.callTool<Sum>('total_price');
const list: ToolList = await client.listTools();
const tool: Tool | undefined = list.tools[0];
const reads: boolean | undefined = tool?.annotations?.readOnlyHint;
const page: List = await client.listTools({ cursor: 'next' } satisfies ListParams, perCall);
const more: string | undefined = page.nextCursor;

// Resources and prompts.
const resources: ResourceList = await client.listResources();
const resource: Resource | undefined = resources.resources[0];
const templates: ResourceTemplateList = await client.listResourceTemplates();
const template: ResourceTemplate | undefined = templates.resourceTemplates[0];
const read: ResourceResult = await client.readResource('file:///a', perCall);
const contents: ResourceContents | undefined = read.contents[0];
await client.readResource({ uri: resource?.uri ?? 'file:///b' });
const prompts: PromptList = await client.listPrompts();
const prompt: Prompt | undefined = prompts.prompts[0];
const filled: PromptResult = await client.getPrompt('greet', { name: 'Ann' }, perCall);
const message: PromptMessage | undefined = filled.messages[0];
await client.getPrompt({ name: 'greet', arguments: { name: 'Ann' } } satisfies PromptRequest, perCall);
const argument = { name: 'name', value: 'A' };
const completing: CompleteParams = { ref: { type: 'ref/prompt', name: 'greet' }, argument };
const completed: CompleteResult = await client.complete(completing, perCall);
const values: string[] = completed.completion.values;
await client.complete({ ref: { type: 'ref/resource', uri: 'file:///{path}' }, argument, context: { arguments: {} } });

// Handlers.
client.setNotificationHandler('notifications/message', ({ method, params }) => {
  const own: 'notifications/message' = method;
  console.log(own, params.level.toUpperCase(), params.logger, params.data);
});
client.setNotificationHandler('notifications/resources/updated', async ({ params: { uri } }) => {
  await client.readResource(uri);
});
client.setNotificationHandler('notifications/tools/list_changed', () => client.listTools());
client.setNotificationHandler('notifications/of/ours', ({ params }) => console.log(params as Sum));
client.setNotificationHandler('notifications/message', undefined);
const notification: ServerMessage<'notifications/cancelled', ServerNotifications['notifications/cancelled']> = {
  method: 'notifications/cancelled',
  params: { requestId: 7 },
};
client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///shop', name: 'shop' }] }));
const elicit = async (params: ElicitationParams): Promise<ElicitationResult> => {
  const fields = Object.keys(params.requestedSchema?.properties ?? {});
  return fields.length > 3 ? { action: 'decline' } : { action: 'accept', content: { size: 3 } };
};
client.setRequestHandler('elicitation/create', ({ params }) => elicit(params));
const sample = ({ messages, maxTokens }: SamplingParams): SamplingResult => {
  const content = { type: 'text', text: `${messages.length} of ${maxTokens}` };
  return { role: 'assistant', content, model: 'none' };
};
client.setRequestHandler('sampling/createMessage', ({ params }) => sample(params));
client.setRequestHandler('of/ours', ({ method, params }) => ({ method, params }));
client.setRequestHandler('roots/list', undefined);
type Folders = ServerRequests['roots/list']['result'];
const folders: Folders = { roots: [] };

// Errors and reports.
const codes: LocalErrorCode[] = [
  ...(['TIMEOUT', 'NETWORK', 'HTTP_503', 'INVALID_RESPONSE', 'NEGOTIATION_FAILED'] as const),
  ...(['INPUT_REQUIRED', 'CLOSED', 'HEADERS', 'MODULE_LOAD'] as const),
];
try {
  throw new MCPError('TIMEOUT', 'constructed', { any: 'data' });
} catch (error) {
  if (error instanceof MCPError) {
    const code: number | LocalErrorCode = error.code;
    const data: unknown = error.data;
    const name: 'MCPError' = error.name;
    const challenge: string | null | undefined = error.headers?.get('www-authenticate');
    const isRefused = error.status === 401 || error.code === 'REDIRECT';
    void [code, data, name, challenge, isRefused, error.message, error.cause];
  }
  client.report(error, { cart: 3 });
  client.report('only text');
}

// Methods of a subclass.
class Shop extends MCPClient {
  order(sku: string): Promise<Sum> {
    return this._call<Sum>('order', { sku }, new Error());
  }

  orderAll(skus: string[]): Promise<BatchResult[]> {
    return this._batch(skus.map((sku) => ({ method: 'order', params: { sku } })), new Error());
  }
}
const shop = new Shop();
const ordered: Sum = await shop.order('MUG-1');
void [inline, changes, server, instructions, era, delivered, ended, unknown, done, model, pong, text, failed, price];
void [named, reads, more, template, contents, prompt, message, values, notification, folders, codes, ordered, shop.orderAll];

// Errors that the compiler must report.
// @ts-expect-error a timeout is a number
new MCPClient('/jsonrpc', { timeout: '30' });
// @ts-expect-error an unknown option
new MCPClient('/jsonrpc', { timeOut: 30 });
// @ts-expect-error an unknown era
new MCPClient('/mcp', { mcp: 'newest' });
// @ts-expect-error the values of headers are strings
new MCPClient('/mcp', { headers: () => ({ retries: 3 }) });
// @ts-expect-error the version is missing
new MCPClient('/mcp', { clientInfo: { name: 'shop' } });
// @ts-expect-error an unknown reporting option
new MCPClient('/mcp', { reportErrors: { dsn: 'https://errors.example' } });
// @ts-expect-error the values of tags are strings
new MCPClient('/mcp', { reportErrors: { tags: { count: 3 } } });
// @ts-expect-error beforeSend returns a report or nothing
new MCPClient('/mcp', { reportErrors: { beforeSend: () => 'no' } });
// @ts-expect-error parameters are an object or an array
client.request('sum', 5);
// @ts-expect-error a controller is not a signal
client.request('sum', {}, { signal: new AbortController() });
// @ts-expect-error a result without a type parameter is unknown
(await client.request('sum')).total;
// @ts-expect-error the name of the tool is missing
client.callTool({ arguments: {} });
// @ts-expect-error arguments beside a request object
client.callTool({ name: 'a' }, {}, { timeout: 5 });
// @ts-expect-error a cursor is a string
client.listTools({ cursor: 3 });
// @ts-expect-error a URI is a string
client.readResource(new URL('file:///a'));
// @ts-expect-error arguments of prompts are strings
client.getPrompt('greet', { times: 3 });
// @ts-expect-error a prompt has a name, not a URI
client.complete({ ref: { type: 'ref/prompt', uri: 'greet' }, argument });
// @ts-expect-error the method is missing
client.batch([{ params: {} }]);
// @ts-expect-error a batch result may be rejected
(await client.batch(calls))[0].value;
// @ts-expect-error a level is a string
client.setNotificationHandler('notifications/message', ({ params }) => params.level.toFixed());
// @ts-expect-error the parameters of other notifications are unknown
client.setNotificationHandler('notifications/of/ours', ({ params }) => params.level);
// @ts-expect-error roots are a list
client.setRequestHandler('roots/list', () => ({ roots: 'file:///shop' }));
// @ts-expect-error an unknown action
client.setRequestHandler('elicitation/create', () => ({ action: 'maybe' }));
// @ts-expect-error the result is missing
client.setRequestHandler('elicitation/create', () => {});
// @ts-expect-error a protected method
client._call('order', {}, new Error());
// @ts-expect-error an unknown code
new MCPError('OOPS', '');
// @ts-expect-error a read-only property
new MCPError(1, '').code = 2;
