// The public types of mcp-autoheal.

// ---- Values ---------------------------------------------------------------------------------------------------------

/** A value as JSON has it. */
export type JSONValue = null | boolean | number | string | JSONValue[] | { [name: string]: JSONValue };

/**
 * Parameters of a call: JSON-RPC allows an object or an array, MCP an object only. They are written by `JSON.stringify`
 * at the call, so that changes made afterwards are not sent.
 */
export type Params = object;

/** Header names and their values. */
export type HeaderValues = Record<string, string> | Headers | [name: string, value: string][];

/** Which program speaks: a client or a server. */
export interface Implementation {
  /** Its name, for programs. */
  name: string;
  /** Its version. */
  version: string;
  /** Its name, for people. */
  title?: string;
  /** Whatever else it tells of itself, such as `websiteUrl` and `icons`. */
  [member: string]: unknown;
}

// ---- Options --------------------------------------------------------------------------------------------------------

/** Options of a client. One of the wrong type throws a `TypeError` that names it. */
export interface MCPClientOptions {
  /**
   * How long one attempt at a call may take, in milliseconds, from 1 to 2147483647.
   * @defaultValue 30000
   */
  timeout?: number | undefined;
  /**
   * How often a call may be sent again, from 0 to 100, after waits that double from about 250 milliseconds up to 8
   * seconds. Only calls that may safely be repeated are: `initialize`, `ping`, lists, reads, calls marked
   * `{idempotent: true}`, and any call the server turned away with HTTP 429 or 503.
   * @defaultValue 3
   */
  retries?: number | undefined;
  /**
   * What the server speaks: `false` is plain JSON-RPC 2.0; `'legacy'` is MCP with a handshake and a session, up to the
   * revision 2025-11-25; `'modern'` is MCP without them, since 2026-07-28; `'auto'` asks the server which of both.
   * @defaultValue 'auto' if the path of the endpoint ends in `/mcp`, else `false`
   */
  mcp?: 'auto' | 'legacy' | 'modern' | false | undefined;
  /**
   * Headers of every request to the server, such as `authorization`. They never appear in a report.
   *
   * A function, which may be async, is asked for each request, so that a token can be renewed; after HTTP 401 it is
   * asked once more, and the call sent again. If it throws, the call rejects with `HEADERS`.
   * @defaultValue none
   */
  headers?:
    | HeaderValues
    | (() => HeaderValues | null | undefined | Promise<HeaderValues | null | undefined>)
    | undefined;
  /**
   * Whether failures are reported, or how; `true` is `{}`.
   * @defaultValue false
   */
  reportErrors?: boolean | ReportingOptions | undefined;
  /**
   * Where reports are posted, unless `reportErrors.endpoint` says so.
   * @defaultValue '/report-error'
   */
  errorReportEndpoint?: string | URL | undefined;
  /**
   * What MCP servers are told of the program that calls.
   * @defaultValue this package's name and version
   */
  clientInfo?: Implementation | undefined;
  /**
   * What MCP servers may ask of this client, beside what {@link MCPClient.setRequestHandler} was called for before the
   * first call.
   * @defaultValue none
   */
  capabilities?: ClientCapabilities | undefined;
  /**
   * Where the WebAssembly module is; a path of the file system as well in Node and Bun. All clients share one module,
   * so that of the first client counts.
   * @defaultValue `mcp-autoheal_bg.wasm` beside the script; inside of it with `mcp-autoheal/inline`
   */
  wasmUrl?: string | URL | undefined;
}

/** How failures are reported. */
export interface ReportingOptions {
  /**
   * Where reports are posted.
   * @defaultValue the client's `errorReportEndpoint`
   */
  endpoint?: string | URL | undefined;
  /**
   * The public key that tells the service which project the reports are for. It is sent as `?key=…`, and is no secret.
   * @defaultValue none
   */
  key?: string | undefined;
  /**
   * The version of the page or program, such as `'shop@2.4.1'`.
   * @defaultValue none
   */
  release?: string | undefined;
  /**
   * Where it runs, such as `'production'`.
   * @defaultValue none
   */
  environment?: string | undefined;
  /**
   * Small facts to search by.
   * @defaultValue none
   */
  tags?: Record<string, string> | undefined;
  /**
   * Who uses the page, to count how many are affected. Only a hash of it leaves, and none at all where the page is not
   * served securely (no `crypto.subtle`).
   * @defaultValue none
   */
  user?: string | undefined;
  /**
   * The share of failures that are reported, from 0 to 1.
   * @defaultValue 1
   */
  sampleRate?: number | undefined;
  /**
   * Failures that are not reported: a text stands anywhere in `name: message`, or a regular expression fits it.
   * @defaultValue none
   */
  ignoreErrors?: (string | RegExp)[] | undefined;
  /**
   * If given, only failures of scripts whose address one of these fits are reported; the script is that of the
   * uppermost frame of the stack that has an address.
   * @defaultValue all
   */
  allowUrls?: (string | RegExp)[] | undefined;
  /**
   * Failures of these scripts are not reported.
   * @defaultValue none
   */
  denyUrls?: (string | RegExp)[] | undefined;
  /**
   * Sees every report before it leaves, secrets already taken out, and returns what is sent: the report, a changed one,
   * or nothing to send none. What it changes is not scrubbed again. A report is not sent if it throws; nor, when the
   * page is about to go, if it returns a promise, since nobody can wait for it then.
   * @defaultValue every report is sent as it is
   */
  beforeSend?: ((report: ErrorReport) => Wanted | Promise<Wanted>) | undefined;
  /**
   * Most requests with reports a minute, from 1 to 10000; what happens beyond is counted and told later.
   * @defaultValue 30
   */
  maxPerMinute?: number | undefined;
  /**
   * Whether the page's uncaught errors and unhandled rejections are reported too, until `close()`.
   * @defaultValue false
   */
  captureGlobalErrors?: boolean | undefined;
  /**
   * Whether reports hold the last 50 steps before the failure: calls, requests, clicks, navigation, and what was
   * written to the console. For that `console`, `fetch` and `history` of the page are wrapped, once and for good.
   * @defaultValue true
   */
  breadcrumbs?: boolean | undefined;
  /**
   * Whether reports are kept in the browser's IndexedDB until they have arrived, at most 100 of them, and are sent by
   * the next page if this one is closed before. For browsers only.
   * @defaultValue false
   */
  offline?: boolean | undefined;
}

/** What `beforeSend` may return. */
export type Wanted = ErrorReport | null | undefined | false | void;

/** Options of one call. */
export interface CallOptions {
  /** Ends the call early: it rejects with `signal.reason`, as `fetch` does, and an MCP server is told. */
  signal?: AbortSignal | undefined;
  /**
   * How long one attempt may take, in milliseconds, from 1 to 2147483647.
   * @defaultValue the client's timeout
   */
  timeout?: number | undefined;
  /**
   * Whether doing the call twice does no harm, so that it may be repeated when its answer was lost.
   * @defaultValue what the protocol says of the method: true for `ping`, lists and reads
   */
  idempotent?: boolean | undefined;
  /** Hears how far an MCP server has come with the call; plain JSON-RPC knows nothing of it. */
  onprogress?: ((progress: Progress) => void) | undefined;
  /**
   * Whether the timeout begins anew with every progress that is told. Needs `onprogress`.
   * @defaultValue false
   */
  resetTimeoutOnProgress?: boolean | undefined;
  /** Headers of this call, which replace the client's of the same name. */
  headers?: HeaderValues | undefined;
}

/** How far a call has come. */
export interface Progress {
  /** How much is done; it only grows. */
  progress: number;
  /** How much there is to do, if that is known. */
  total?: number;
  /** What is being done, for people. */
  message?: string;
  /** The mark the call was given. */
  progressToken?: string | number;
}

/** One call of a batch. */
export interface BatchCall {
  /** The method. */
  method: string;
  /** Its parameters. */
  params?: Params | undefined;
  /** Whether this is a notification, which gets no answer. */
  notification?: boolean | undefined;
  /** As in {@link CallOptions.idempotent}. A batch is repeated only if all its calls may be. */
  idempotent?: boolean | undefined;
}

/** What became of one call of a batch: the shape `Promise.allSettled` gives. */
export type BatchResult =
  | { status: 'fulfilled'; value: unknown }
  | { status: 'rejected'; reason: MCPError };

// ---- Tools, resources and prompts -----------------------------------------------------------------------------------

/** One part of what a tool, a prompt or a model says, such as `{type: 'text', text: '…'}`. */
export interface ToolContent {
  /** `text`, `image`, `audio`, `resource_link`, `resource`. */
  type: string;
  /** The text of a `text`. */
  text?: string;
  /** The base64 data of an `image` or `audio`. */
  data?: string;
  /** The media type of an `image`, `audio` or `resource_link`. */
  mimeType?: string;
  /** The address of a `resource_link`. */
  uri?: string;
  /** The contents of a `resource`. */
  resource?: ResourceContents;
  /** Whatever else the server sends. */
  [member: string]: unknown;
}

/** A tool's result. */
export interface ToolResult<Structured = unknown> {
  /** What the tool says. */
  content?: ToolContent[];
  /** The same for programs. */
  structuredContent?: Structured;
  /** Whether the tool failed. The call resolves nevertheless, and is reported. */
  isError?: boolean;
  /** Whatever else the server sends. */
  [member: string]: unknown;
}

/** A call of a tool as MCP sends it. */
export interface ToolRequest {
  /** The tool's name. */
  name: string;
  /** Its arguments. */
  arguments?: Params | undefined;
  /** What travels beside them. */
  _meta?: { [name: string]: unknown } | undefined;
}

/** A tool of the server. */
export interface Tool {
  /** The name `callTool` takes. */
  name: string;
  /** Its name for people. */
  title?: string;
  /** What it does, for people and models. */
  description?: string;
  /** JSON Schema of its arguments. */
  inputSchema?: { [member: string]: unknown };
  /** JSON Schema of its `structuredContent`. */
  outputSchema?: { [member: string]: unknown };
  /** What the server says it does or does not do, which is no promise. */
  annotations?: {
    /** Its name for people. */
    title?: string;
    /** It changes nothing. */
    readOnlyHint?: boolean;
    /** It may destroy or overwrite. */
    destructiveHint?: boolean;
    /** Calling it twice does no more than calling it once. */
    idempotentHint?: boolean;
    /** It reaches outside of the server. */
    openWorldHint?: boolean;
  };
  /** Whatever else the server sends. */
  [member: string]: unknown;
}

/** A resource of the server. */
export interface Resource {
  /** The address `readResource` takes. */
  uri: string;
  /** Its name. */
  name: string;
  /** Its name for people. */
  title?: string;
  /** What it is. */
  description?: string;
  /** Its media type. */
  mimeType?: string;
  /** Its size in bytes. */
  size?: number;
  /** Whatever else the server sends. */
  [member: string]: unknown;
}

/** A kind of resources, whose addresses are made by a template. */
export interface ResourceTemplate {
  /** The template, as in RFC 6570. */
  uriTemplate: string;
  /** Its name. */
  name: string;
  /** Its name for people. */
  title?: string;
  /** What it is for. */
  description?: string;
  /** The media type of all of them. */
  mimeType?: string;
  /** Whatever else the server sends. */
  [member: string]: unknown;
}

/** What a resource holds: text or a blob. */
export interface ResourceContents {
  /** Its address. */
  uri: string;
  /** Its media type. */
  mimeType?: string;
  /** Its text. */
  text?: string;
  /** Its bytes in base64. */
  blob?: string;
  /** Whatever else the server sends. */
  [member: string]: unknown;
}

/** What was read. */
export interface ResourceResult {
  /** The contents: several, if the address stands for several. */
  contents: ResourceContents[];
  /** Whatever else the server sends. */
  [member: string]: unknown;
}

/** A prompt of the server. */
export interface Prompt {
  /** The name `getPrompt` takes. */
  name: string;
  /** Its name for people. */
  title?: string;
  /** What it is for. */
  description?: string;
  /** What it can be filled in with. */
  arguments?: { name: string; title?: string; description?: string; required?: boolean }[];
  /** Whatever else the server sends. */
  [member: string]: unknown;
}

/** A prompt as MCP asks for it. */
export interface PromptRequest {
  /** The prompt's name. */
  name: string;
  /** What it is filled in with. */
  arguments?: Record<string, string> | undefined;
  /** What travels beside them. */
  _meta?: { [name: string]: unknown } | undefined;
}

/** One message of a prompt. */
export interface PromptMessage {
  /** Who speaks. */
  role: 'user' | 'assistant';
  /** What is said. */
  content: ToolContent;
}

/** A prompt, filled in. */
export interface PromptResult {
  /** What it is for. */
  description?: string;
  /** Its messages, in order. */
  messages: PromptMessage[];
  /** Whatever else the server sends. */
  [member: string]: unknown;
}

/** What a list is asked with. */
export interface ListParams {
  /** Where to begin: the `nextCursor` of a page. One page is listed then; all of them without it. */
  cursor?: string | undefined;
  /** What travels beside it. */
  _meta?: { [name: string]: unknown } | undefined;
}

/** What every list has. */
export interface List {
  /** Where the next page begins; absent when all are listed. */
  nextCursor?: string;
  /** Whatever else the server sends. */
  [member: string]: unknown;
}

/** A server's tools. */
export interface ToolList extends List {
  /** The tools. */
  tools: Tool[];
}

/** A server's resources. */
export interface ResourceList extends List {
  /** The resources. */
  resources: Resource[];
}

/** A server's kinds of resources. */
export interface ResourceTemplateList extends List {
  /** The templates. */
  resourceTemplates: ResourceTemplate[];
}

/** A server's prompts. */
export interface PromptList extends List {
  /** The prompts. */
  prompts: Prompt[];
}

/** What is to be completed. */
export interface CompleteParams {
  /** The prompt or the kind of resources. */
  ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string };
  /** The argument, as far as it is written. */
  argument: { name: string; value: string };
  /** The arguments that are known already. */
  context?: { arguments?: Record<string, string> | undefined } | undefined;
}

/** How something may be completed. */
export interface CompleteResult {
  /** Up to 100 values, how many there are in all, and whether there are more. */
  completion: { values: string[]; total?: number; hasMore?: boolean };
  /** Whatever else the server sends. */
  [member: string]: unknown;
}

// ---- What client and server can do, and ask of each other -----------------------------------------------------------

/** What a server offers. */
export interface ServerCapabilities {
  /** It has tools; `listChanged`: it tells when they change. */
  tools?: { listChanged?: boolean };
  /** It has resources; `subscribe`: it tells when one of them changes. */
  resources?: { subscribe?: boolean; listChanged?: boolean };
  /** It has prompts. */
  prompts?: { listChanged?: boolean };
  /** It writes a log. */
  logging?: object;
  /** It completes arguments. */
  completions?: object;
  /** Whatever else it offers. */
  [name: string]: unknown;
}

/** What a server may ask of the client. */
export interface ClientCapabilities {
  /**
   * It may ask the user. Told by itself when `elicitation/create` has a handler: forms, with their defaults filled in.
   */
  elicitation?: object;
  /** It may ask a model. Told by itself when `sampling/createMessage` has a handler. */
  sampling?: object;
  /** It may ask for folders. Told by itself when `roots/list` has a handler. */
  roots?: object;
  /** Whatever else it may ask. */
  [name: string]: unknown;
}

/** What a server tells unasked, by method: its parameters. */
export interface ServerNotifications {
  /** A line of the server's log. */
  'notifications/message': { level: string; logger?: string; data: unknown };
  /** How far a call has come; `onprogress` of the call hears of it as well. */
  'notifications/progress': Progress;
  /** Nobody waits for the answer to a request of the server any more. */
  'notifications/cancelled': { requestId?: string | number; reason?: string };
  /** There are other tools now. */
  'notifications/tools/list_changed': object | undefined;
  /** There are other prompts now. */
  'notifications/prompts/list_changed': object | undefined;
  /** There are other resources now. */
  'notifications/resources/list_changed': object | undefined;
  /** A resource that was subscribed to holds something else now. */
  'notifications/resources/updated': { uri: string };
  /** What the user was sent to an address for is done. */
  'notifications/elicitation/complete': { elicitationId: string };
}

/** What a server may ask, by method: its parameters and what it wants for an answer. */
export interface ServerRequests {
  /** Asks the user. */
  'elicitation/create': { params: ElicitationParams; result: ElicitationResult };
  /** Asks a model. */
  'sampling/createMessage': { params: SamplingParams; result: SamplingResult };
  /** Asks for folders. */
  'roots/list': { params: object | undefined; result: { roots: { uri: string; name?: string | undefined }[] } };
}

/** What the user is asked. */
export interface ElicitationParams {
  /** The question. */
  message: string;
  /** A form, which is the default, or an address the user is sent to. */
  mode?: 'form' | 'url';
  /** JSON Schema of the form: an object of texts, numbers, flags and choices. */
  requestedSchema?: {
    type: 'object';
    properties: Record<string, { type?: string; title?: string; description?: string; [member: string]: unknown }>;
    required?: string[];
  };
  /** The address. */
  url?: string;
  /** The mark under which the server tells that the user is done there. */
  elicitationId?: string;
}

/** What the user answered. */
export interface ElicitationResult {
  /** Whether the user agreed, refused, or went away. */
  action: 'accept' | 'decline' | 'cancel';
  /** The form, if it was accepted; what is missing is filled in with the schema's defaults. */
  content?: Record<string, string | number | boolean | string[]> | undefined;
}

/** What a model is asked. */
export interface SamplingParams {
  /** The conversation so far. */
  messages: { role: 'user' | 'assistant'; content: ToolContent | ToolContent[] }[];
  /** The most tokens of the answer. */
  maxTokens: number;
  /** What the model is told first. */
  systemPrompt?: string;
  /** How freely the model picks. */
  temperature?: number;
  /** What the answer ends at. */
  stopSequences?: string[];
  /** Which model is wanted. */
  modelPreferences?: { [member: string]: unknown };
  /** Whatever else the server asks. */
  [member: string]: unknown;
}

/** What a model answered. */
export interface SamplingResult {
  /** Who speaks. */
  role: 'user' | 'assistant';
  /** What is said. */
  content: ToolContent | ToolContent[];
  /** Which model that was. */
  model: string;
  /** Why it ended, such as `endTurn` or `maxTokens`. */
  stopReason?: string | undefined;
}

/** A message of the server: what a handler is called with. */
export interface ServerMessage<Method extends string, Parameters> {
  /** Its method. */
  method: Method;
  /** Its parameters. */
  params: Parameters;
}

// ---- Errors and reports ---------------------------------------------------------------------------------------------

/**
 * The code of a failure that is not the server's own:
 *
 * - `TIMEOUT`: no answer within the timeout.
 * - `NETWORK`: no connection, or it was lost before the answer, or the browser forbade the request (CORS, CSP).
 * - `HTTP_503` and the like: an HTTP error status without a JSON-RPC error; `data` holds the beginning of the answer.
 * - `INVALID_RESPONSE`: an answer that is not a JSON-RPC 2.0 answer to the call; `data` holds its beginning.
 * - `NEGOTIATION_FAILED`: client and server speak no common revision of MCP.
 * - `INPUT_REQUIRED`: the server asked for input that no handler is set for, whose handler failed, or that never ended.
 * - `CLOSED`: the client was closed before the answer.
 * - `HEADERS`: the function given as `headers` failed; `cause` is why.
 * - `MODULE_LOAD`: the WebAssembly module could not be loaded; the message names cause and remedy.
 */
export type LocalErrorCode =
  | 'TIMEOUT'
  | 'NETWORK'
  | `HTTP_${number}`
  | 'INVALID_RESPONSE'
  | 'NEGOTIATION_FAILED'
  | 'INPUT_REQUIRED'
  | 'CLOSED'
  | 'HEADERS'
  | 'MODULE_LOAD';

/** The error a failing call rejects with. Its stack is the caller's. */
export declare class MCPError extends Error {
  /** Makes one; pages rarely need to. */
  constructor(code: number | LocalErrorCode, message: string, data?: unknown);
  /** Always `MCPError`. */
  readonly name: 'MCPError';
  /** A number is the server's own JSON-RPC code; text is a {@link LocalErrorCode}. */
  readonly code: number | LocalErrorCode;
  /** `data` of the server's error, or the first 500 characters of an answer that could not be used. */
  readonly data: unknown;
  /** The engine's own error behind the failure, if there is one. */
  readonly cause?: unknown;
}

/** A report as `beforeSend` sees it and as the service gets it: bounded, and without secrets. */
export interface ErrorReport {
  /** The error's name, such as `MCPError`; `MCPToolError` for a tool's result with `isError`. */
  error_type: string;
  /** The error's message. */
  error_message: string;
  /** The stack, the caller's frame uppermost. */
  stack_trace?: string | undefined;
  /** What kind of failure it was. */
  class:
    | 'application'
    | 'protocol'
    | 'http'
    | 'network'
    | 'timeout'
    | 'negotiation'
    | 'tool_error'
    | 'uncaught'
    | 'unhandled_rejection'
    | 'reported';
  /** Circumstances. */
  context: {
    /** When, as RFC 3339. */
    timestamp: string;
    /** The browser. */
    userAgent?: string | undefined;
    /** The page, without its fragment. */
    url?: string | undefined;
    /** The call's method. */
    method?: string | undefined;
    /** The call's parameters. */
    params?: unknown;
    /** Where the server listens. */
    endpoint?: string | undefined;
    /** `data` of the server's error. */
    data?: unknown;
    /** The beginning of an answer that could not be used. */
    answer?: string | undefined;
    /** What {@link MCPClient.report} was given. */
    extra?: unknown;
  };
  /** The call that failed, if it was one. */
  rpc?:
    | {
        /** Its method. */
        method: string;
        /** The tool, if it called one. */
        tool?: string | undefined;
        /** The server's JSON-RPC code, or the HTTP status. */
        code?: number | undefined;
        /** Its parameters. */
        params?: unknown;
        /** How it travelled. */
        transport: 'http';
        /** The revision of MCP that was spoken. */
        protocol_version?: string | undefined;
        /** How long it took until it failed, in milliseconds, with all attempts and waits. */
        duration_ms: number;
      }
    | undefined;
  /** The server that was called, if it has told. */
  server?: { name: string; version?: string | undefined } | undefined;
  /** What caused the error, outermost first. */
  causes?: { error_type: string; error_message: string; stack_trace?: string | undefined }[] | undefined;
  /** What happened before, oldest first; `level` is the console's, or `mcp`, `fetch`, `click`, `navigation`. */
  logs?: { timestamp: string; level: string; message: string }[] | undefined;
  /** The page's own opinion, for `beforeSend` to add; the service judges by itself without it. */
  severity?: 'low' | 'medium' | 'high' | 'critical' | undefined;
  /** As in {@link ReportingOptions.release}. */
  release?: string | undefined;
  /** As in {@link ReportingOptions.environment}. */
  environment?: string | undefined;
  /** As in {@link ReportingOptions.tags}. */
  tags?: Record<string, string> | undefined;
  /** A hash of {@link ReportingOptions.user}. */
  user?: string | undefined;
  /** How many such failures this report stands for; absent means one. */
  count?: number | undefined;
  /** When the first of several happened, as RFC 3339. */
  first_seen?: string | undefined;
  /** When the last of several happened, as RFC 3339. */
  last_seen?: string | undefined;
  /** A UUID: told twice, a report counts once. */
  id: string;
  /** A random mark of this client, to count how many pages are affected. */
  client: string;
  /** What sends. */
  source: 'javascript_sdk';
  /** Version of this shape. */
  schema: 1;
}

// ---- The client -----------------------------------------------------------------------------------------------------

/**
 * A client for one MCP or JSON-RPC 2.0 server behind HTTP POST.
 *
 * It is usable right after `new`: calls made before the module has loaded wait for it, and MCP's handshake happens with
 * the first call. A call with parameters that are not JSON rejects with a `TypeError`, and nothing is sent; an aborted
 * one rejects with `signal.reason`; every other failure is an {@link MCPError}.
 */
export declare class MCPClient {
  /**
   * Makes a client; nothing is sent yet.
   *
   * @param endpoint - Where the server listens; `'/jsonrpc'` by default.
   * @param options - See {@link MCPClientOptions}. A wrong one throws a `TypeError` that names it.
   */
  constructor(endpoint?: string | URL, options?: MCPClientOptions);

  /** Resolves when the module has loaded; rejects with `MODULE_LOAD` when it cannot. Nobody has to wait for it. */
  get ready(): Promise<void>;

  /** Called after `close()` has ended everything. */
  onclose: (() => void) | undefined;

  /**
   * Called with what went wrong apart from any call: an unreadable event, a handler that threw, or the stream for
   * notifications. No call is affected, and nothing of it is reported.
   */
  onerror: ((error: unknown) => void) | undefined;

  /** Calls a method and resolves to its result. */
  request<Result = unknown>(method: string, params?: Params | null, options?: CallOptions | null): Promise<Result>;

  /** Sends a notification. Resolves when the server has taken it; there is no answer. */
  notify(method: string, params?: Params | null): Promise<void>;

  /**
   * Sends several calls in one POST, or side by side to an MCP server, which knows no batches. Resolves to one entry
   * per call, in the order of the calls; a notification's value is `undefined`. A call without an answer of its own is
   * rejected in its entry. The promise itself rejects only if the POST as a whole failed.
   */
  batch(calls: BatchCall[]): Promise<BatchResult[]>;

  /** Calls a tool. A result with `isError` resolves, as the protocol has it, and is reported. */
  callTool<Structured = unknown>(
    name: string,
    args?: Params | null,
    options?: CallOptions | null,
  ): Promise<ToolResult<Structured>>;
  /** The same, with the call as MCP sends it. */
  callTool<Structured = unknown>(call: ToolRequest, options?: CallOptions | null): Promise<ToolResult<Structured>>;

  /** The server's tools: all pages, at most 64, or the one that begins at `cursor`. */
  listTools(params?: ListParams | null, options?: CallOptions | null): Promise<ToolList>;

  /** The server's resources: all pages, at most 64, or the one that begins at `cursor`. */
  listResources(params?: ListParams | null, options?: CallOptions | null): Promise<ResourceList>;

  /** The server's kinds of resources: all pages, at most 64, or the one that begins at `cursor`. */
  listResourceTemplates(params?: ListParams | null, options?: CallOptions | null): Promise<ResourceTemplateList>;

  /** The server's prompts: all pages, at most 64, or the one that begins at `cursor`. */
  listPrompts(params?: ListParams | null, options?: CallOptions | null): Promise<PromptList>;

  /** Reads a resource, given by its address. */
  readResource(
    resource: string | { uri: string; _meta?: { [name: string]: unknown } | undefined },
    options?: CallOptions | null,
  ): Promise<ResourceResult>;

  /** A prompt, filled in with arguments. */
  getPrompt(name: string, args?: Record<string, string>, options?: CallOptions | null): Promise<PromptResult>;
  /** The same, with the request as MCP sends it. */
  getPrompt(prompt: PromptRequest, options?: CallOptions | null): Promise<PromptResult>;

  /** How an argument of a prompt or of a kind of resources may be completed. */
  complete(params: CompleteParams, options?: CallOptions | null): Promise<CompleteResult>;

  /** What the server knows of one model: the method `get_model` of the original SDK's servers. */
  getModel(modelId: string): Promise<unknown>;

  /** Asks whether the server is there. MCP has no `ping` since 2026-07-28; such servers answer that they lack it. */
  ping(options?: CallOptions | null): Promise<unknown>;

  /**
   * Connects to an MCP server, which the first call does by itself; for plain JSON-RPC it only waits for the module.
   * Rejects with `NEGOTIATION_FAILED`, or as the request for the handshake did.
   */
  connect(): Promise<void>;

  /**
   * Ends all calls that were sent, which reject with `CLOSED`, and the server's session. Reports still leave. A later
   * call connects anew.
   */
  close(): Promise<void>;

  /**
   * Hears what an MCP server tells unasked, from now on; `undefined` takes the handler away. A stream for it is kept
   * open while there are handlers. What a handler throws goes to `onerror`.
   */
  setNotificationHandler<Method extends keyof ServerNotifications>(
    method: Method,
    handler: ((notification: ServerMessage<Method, ServerNotifications[Method]>) => unknown) | undefined,
  ): void;
  /** The same for any other method. */
  setNotificationHandler<Method extends string>(
    method: Method extends keyof ServerNotifications ? never : Method,
    handler: ((notification: ServerMessage<Method, unknown>) => unknown) | undefined,
  ): void;

  /**
   * Answers what an MCP server asks; `undefined` takes the handler away. Set before the first call, it also tells the
   * server that it may ask. What a handler throws is the server's answer: as an error with its `code`, if that is a
   * whole number, or -32603.
   */
  setRequestHandler<Method extends keyof ServerRequests>(
    method: Method,
    handler:
      | ((
          request: ServerMessage<Method, ServerRequests[Method]['params']>,
        ) => ServerRequests[Method]['result'] | Promise<ServerRequests[Method]['result']>)
      | undefined,
  ): void;
  /** The same for any other method; an answer of `undefined` is sent as `{}`. */
  setRequestHandler<Method extends string>(
    method: Method extends keyof ServerRequests ? never : Method,
    handler: ((request: ServerMessage<Method, unknown>) => unknown) | undefined,
  ): void;

  /** What the MCP server offers; undefined before it has told. */
  getServerCapabilities(): ServerCapabilities | undefined;

  /** Which program the MCP server is; undefined before it has told. */
  getServerVersion(): Implementation | undefined;

  /** How the MCP server says it is to be used; undefined before it has told, or if it does not. */
  getInstructions(): string | undefined;

  /** Whether the MCP server was spoken to with a handshake or without; undefined before, and for plain JSON-RPC. */
  getProtocolEra(): 'legacy' | 'modern' | undefined;

  /**
   * Reports an error the page has caught itself, if reporting is on; each error object once.
   *
   * @param error - The error, or a text.
   * @param context - What else is worth knowing, as JSON can hold it.
   */
  report(error: unknown, context?: unknown): void;

  /**
   * Sends the reports that wait, before a program ends or a page is left on purpose.
   *
   * @param timeout - How long it may take, in milliseconds; 2000 by default.
   * @returns Whether all of them have arrived or were refused for good.
   */
  flush(timeout?: number): Promise<boolean>;

  /**
   * For subclasses with methods of their own: sends a call whose failure shows the caller of that method.
   *
   * @param trace - `new Error()`, made in the method itself, which must not be async.
   */
  protected _call<Result = unknown>(method: string, params: Params | null | undefined, trace: Error): Promise<Result>;

  /** The same for {@link MCPClient.batch}. */
  protected _batch(calls: BatchCall[], trace: Error): Promise<BatchResult[]>;
}
