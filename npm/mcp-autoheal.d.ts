// The public types of mcp-autoheal.

/** A class of the platform, if the program's types have it, so that these types need neither the DOM's nor Node's. */
type Global<Name extends string> = typeof globalThis extends { [Key in Name]: { prototype: infer Class } } ? Class : never;

// ---- Values ---------------------------------------------------------------------------------------------------------

/** A JSON value. */
export type JSONValue = null | boolean | number | string | JSONValue[] | { [name: string]: JSONValue };

/**
 * Parameters of a call: an object or an array in JSON-RPC, an object in MCP. They are turned into JSON at once, so that
 * later changes to the object are not sent.
 */
export type Params = object;

/** Header names and their values. */
export type HeaderValues = Record<string, string> | Global<'Headers'> | [name: string, value: string][];

/** Name and version of a client or a server. */
export interface Implementation {
  /** Name for programs. */
  name: string;
  /** Version. */
  version: string;
  /** Name for people. */
  title?: string;
  /** Other members, such as `websiteUrl` and `icons`. */
  [member: string]: unknown;
}

// ---- Options --------------------------------------------------------------------------------------------------------

/** Options of a client. An option of the wrong type throws a `TypeError` that names it. */
export interface MCPClientOptions {
  /**
   * Timeout of one attempt at a call, in milliseconds, from 1 to 2147483647.
   * @defaultValue 30000
   */
  timeout?: number | undefined;
  /**
   * Maximum number of retries of a call, from 0 to 100. The wait before a retry doubles each time, from about 250
   * milliseconds up to 8 seconds. Only calls that are safe to repeat are retried: `initialize`, `ping`, lists, reads,
   * calls with the option `idempotent: true`, and any call that the server rejected with HTTP 429 or 503.
   * @defaultValue 3
   */
  retries?: number | undefined;
  /**
   * Protocol of the server: `false` is plain JSON-RPC 2.0; `'legacy'` is MCP with a handshake and a session, up to the
   * revision 2025-11-25; `'modern'` is MCP without them, since the revision 2026-07-28; `'auto'` detects the era.
   * @defaultValue 'auto' if the path of the endpoint ends in `/mcp`, else `false`
   */
  mcp?: 'auto' | 'legacy' | 'modern' | false | undefined;
  /**
   * Headers of every request to the server, such as `authorization`. Reports never contain them.
   *
   * A function, which may be async, is called for each request, so that a token can be renewed. After HTTP 401 it is
   * called again, and the call is retried once. If the function throws, the call rejects with `HEADERS`.
   * @defaultValue none
   */
  headers?:
    | HeaderValues
    | (() => HeaderValues | null | undefined | Promise<HeaderValues | null | undefined>)
    | undefined;
  /**
   * Error reporting: `true` reports with default options, an object sets them.
   * @defaultValue false
   */
  reportErrors?: boolean | ReportingOptions | undefined;
  /**
   * Address of the service that receives reports, unless `reportErrors.endpoint` is set.
   * @defaultValue '/report-error'
   */
  errorReportEndpoint?: string | Global<'URL'> | undefined;
  /**
   * Name and version of your program, as MCP servers receive them.
   * @defaultValue name and version of this package
   */
  clientInfo?: Implementation | undefined;
  /**
   * Capabilities of this client, as MCP servers receive them. Handlers that were set with
   * {@link MCPClient.setRequestHandler} before the first call add theirs.
   * @defaultValue none
   */
  capabilities?: ClientCapabilities | undefined;
  /**
   * Address of the WebAssembly module, in Node, Bun and Deno also a path; or the compiled module, a
   * `WebAssembly.Module`. All clients share one module, so the option of the first client counts.
   * @defaultValue `mcp-autoheal_bg.wasm` beside the script; in Node, Bun, Deno and `mcp-autoheal/inline` the module is in
   * the script
   */
  wasmUrl?: string | Global<'URL'> | object | undefined;
}

/** Options of error reporting. */
export interface ReportingOptions {
  /**
   * Address of the service that receives reports.
   * @defaultValue the client's `errorReportEndpoint`
   */
  endpoint?: string | Global<'URL'> | undefined;
  /**
   * Public key of the project that the reports belong to. It is sent as `?key=…` and is not a secret.
   * @defaultValue none
   */
  key?: string | undefined;
  /**
   * Version of the page or program, such as `'shop@2.4.1'`.
   * @defaultValue none
   */
  release?: string | undefined;
  /**
   * Environment of the page or program, such as `'production'`.
   * @defaultValue none
   */
  environment?: string | undefined;
  /**
   * Key-value pairs to search by.
   * @defaultValue none
   */
  tags?: Record<string, string> | undefined;
  /**
   * The user of the page, so that affected users can be counted. Only a hash is sent, and only from pages in a secure
   * context, because the hash needs `crypto.subtle`.
   * @defaultValue none
   */
  user?: string | undefined;
  /**
   * Fraction of failures that are reported, from 0 to 1.
   * @defaultValue 1
   */
  sampleRate?: number | undefined;
  /**
   * Excludes failures whose `name: message` contains one of these strings or matches one of these expressions.
   * @defaultValue none
   */
  ignoreErrors?: (string | RegExp)[] | undefined;
  /**
   * Limits reports to failures of scripts whose address contains one of these strings or matches one of these
   * expressions. The script of a failure is the one in the topmost stack frame with an address.
   * @defaultValue all
   */
  allowUrls?: (string | RegExp)[] | undefined;
  /**
   * Excludes failures of scripts whose address contains one of these strings or matches one of these expressions.
   * @defaultValue none
   */
  denyUrls?: (string | RegExp)[] | undefined;
  /**
   * Called with every report before it is sent, after secrets are removed. Returns the report to send, which may be
   * changed, or nothing to drop it. Changes are not scrubbed again. A report is dropped if the function throws, and if
   * it returns a promise while the page is being hidden, because the page cannot wait then.
   * @defaultValue reports are sent unchanged
   */
  beforeSend?: ((report: ErrorReport) => Wanted | Promise<Wanted>) | undefined;
  /**
   * Maximum number of requests with reports per minute, from 1 to 10000. Failures beyond it are counted and reported
   * later.
   * @defaultValue 30
   */
  maxPerMinute?: number | undefined;
  /**
   * Whether uncaught errors and unhandled rejections of the page are reported, until `close()`. In Node and Bun they are
   * watched, and the program ends as it would without: the report leaves only if the program lives on, as with a handler
   * of its own for `uncaughtException` that awaits {@link MCPClient.flush}.
   * @defaultValue false
   */
  captureGlobalErrors?: boolean | undefined;
  /**
   * Whether reports contain breadcrumbs, the last 50 events before the failure: calls, requests, clicks, navigation and
   * console output. The first client with breadcrumbs wraps `console`, `fetch` and `history` of the page, permanently,
   * except for what the page does not allow to be replaced.
   * @defaultValue true
   */
  breadcrumbs?: boolean | undefined;
  /**
   * Whether unsent reports are stored in the browser's IndexedDB, so that a later page sends them if this one is closed
   * first. A page loads at most 100 stored reports. For browsers only.
   * @defaultValue false
   */
  offline?: boolean | undefined;
}

/** Return value of `beforeSend`. */
export type Wanted = ErrorReport | null | undefined | false | void;

/** Options of one call. */
export interface CallOptions {
  /** Aborts the call. It rejects with `signal.reason`, like `fetch`, and an MCP server is notified. */
  signal?: Global<'AbortSignal'> | undefined;
  /**
   * Timeout of one attempt, in milliseconds, from 1 to 2147483647.
   * @defaultValue the client's timeout
   */
  timeout?: number | undefined;
  /**
   * Whether the call is safe to repeat, so that it is retried when its response was lost.
   * @defaultValue `true` for methods the protocol defines as safe: `ping`, lists and reads
   */
  idempotent?: boolean | undefined;
  /** Called with each progress notification of an MCP server. Plain JSON-RPC has none. */
  onprogress?: ((progress: Progress) => void) | undefined;
  /**
   * Whether each progress notification restarts the timeout. Needs `onprogress`.
   * @defaultValue false
   */
  resetTimeoutOnProgress?: boolean | undefined;
  /** Headers of this call. They replace the client's headers of the same name. */
  headers?: HeaderValues | undefined;
}

/** Progress of a call. */
export interface Progress {
  /** Amount of work done. It only grows. */
  progress: number;
  /** Amount of work in total, if the server knows it. */
  total?: number;
  /** Description of the current step, for people. */
  message?: string;
  /** The token that the client has given to the call. */
  progressToken?: string | number;
}

/** One call of a batch. */
export interface BatchCall {
  /** Method of the call. */
  method: string;
  /** Parameters of the call. */
  params?: Params | undefined;
  /** Whether this is a notification, which has no response. */
  notification?: boolean | undefined;
  /** As in {@link CallOptions.idempotent}. A batch is retried only if all its calls are safe to repeat. */
  idempotent?: boolean | undefined;
}

/** Result of one call of a batch, in the form of `Promise.allSettled`. */
export type BatchResult =
  | { status: 'fulfilled'; value: unknown }
  | { status: 'rejected'; reason: MCPError };

// ---- Tools, resources and prompts -----------------------------------------------------------------------------------

/** One part of the content of a tool result, a prompt or a model's message, such as `{type: 'text', text: '…'}`. */
export interface ToolContent {
  /** `text`, `image`, `audio`, `resource_link` or `resource`. */
  type: string;
  /** Text of a `text`. */
  text?: string;
  /** Base64 data of an `image` or `audio`. */
  data?: string;
  /** Media type of an `image`, `audio` or `resource_link`. */
  mimeType?: string;
  /** Address of a `resource_link`. */
  uri?: string;
  /** Contents of a `resource`. */
  resource?: ResourceContents;
  /** Other members the server sends. */
  [member: string]: unknown;
}

/** Result of a tool. */
export interface ToolResult<Structured = unknown> {
  /** The content, for people and models. */
  content?: ToolContent[];
  /** The same content, for programs. */
  structuredContent?: Structured;
  /** Whether the tool failed. The call resolves nevertheless, and the failure is reported. */
  isError?: boolean;
  /** Other members the server sends. */
  [member: string]: unknown;
}

/** Parameters of `tools/call`. */
export interface ToolRequest {
  /** Name of the tool. */
  name: string;
  /** Arguments of the tool. */
  arguments?: Params | undefined;
  /** Metadata of the request. */
  _meta?: { [name: string]: unknown } | undefined;
}

/** A tool of the server. */
export interface Tool {
  /** Name to pass to `callTool`. */
  name: string;
  /** Name for people. */
  title?: string;
  /** Description for people and models. */
  description?: string;
  /** JSON Schema of the arguments. */
  inputSchema?: { [member: string]: unknown };
  /** JSON Schema of `structuredContent`. */
  outputSchema?: { [member: string]: unknown };
  /** Hints about the behaviour of the tool. They are not guaranteed. */
  annotations?: {
    /** Name for people. */
    title?: string;
    /** The tool changes nothing. */
    readOnlyHint?: boolean;
    /** The tool may delete or overwrite data. */
    destructiveHint?: boolean;
    /** A second call with the same arguments has no further effect. */
    idempotentHint?: boolean;
    /** The tool interacts with systems outside of the server. */
    openWorldHint?: boolean;
  };
  /** Other members the server sends. */
  [member: string]: unknown;
}

/** A resource of the server. */
export interface Resource {
  /** Address to pass to `readResource`. */
  uri: string;
  /** Name for programs. */
  name: string;
  /** Name for people. */
  title?: string;
  /** Description for people and models. */
  description?: string;
  /** Media type. */
  mimeType?: string;
  /** Size in bytes. */
  size?: number;
  /** Other members the server sends. */
  [member: string]: unknown;
}

/** Resources with addresses made from a template. */
export interface ResourceTemplate {
  /** Template of the addresses, as in RFC 6570. */
  uriTemplate: string;
  /** Name for programs. */
  name: string;
  /** Name for people. */
  title?: string;
  /** Description for people and models. */
  description?: string;
  /** Media type of all these resources. */
  mimeType?: string;
  /** Other members the server sends. */
  [member: string]: unknown;
}

/** Contents of a resource: text or bytes. */
export interface ResourceContents {
  /** Address of the resource. */
  uri: string;
  /** Media type. */
  mimeType?: string;
  /** Text, if the contents are text. */
  text?: string;
  /** Bytes in base64, if the contents are not text. */
  blob?: string;
  /** Other members the server sends. */
  [member: string]: unknown;
}

/** Result of `resources/read`. */
export interface ResourceResult {
  /** The contents. An address may stand for several resources, such as a folder. */
  contents: ResourceContents[];
  /** Other members the server sends. */
  [member: string]: unknown;
}

/** A prompt of the server. */
export interface Prompt {
  /** Name to pass to `getPrompt`. */
  name: string;
  /** Name for people. */
  title?: string;
  /** Description for people and models. */
  description?: string;
  /** Arguments of the prompt. */
  arguments?: { name: string; title?: string; description?: string; required?: boolean }[];
  /** Other members the server sends. */
  [member: string]: unknown;
}

/** Parameters of `prompts/get`. */
export interface PromptRequest {
  /** Name of the prompt. */
  name: string;
  /** Arguments of the prompt. */
  arguments?: Record<string, string> | undefined;
  /** Metadata of the request. */
  _meta?: { [name: string]: unknown } | undefined;
}

/** One message of a prompt. */
export interface PromptMessage {
  /** Author of the message. */
  role: 'user' | 'assistant';
  /** Content of the message. */
  content: ToolContent;
}

/** Result of `prompts/get`: the prompt with its arguments filled in. */
export interface PromptResult {
  /** Description for people and models. */
  description?: string;
  /** Messages, in order. */
  messages: PromptMessage[];
  /** Other members the server sends. */
  [member: string]: unknown;
}

/** Parameters of a list. */
export interface ListParams {
  /** Begin of a page: the `nextCursor` of the page before. Without it all pages are fetched. */
  cursor?: string | undefined;
  /** Metadata of the request. */
  _meta?: { [name: string]: unknown } | undefined;
}

/** Members of every list. */
export interface List {
  /** Begin of the next page; absent after the last page. */
  nextCursor?: string;
  /** Other members the server sends. */
  [member: string]: unknown;
}

/** Tools of a server. */
export interface ToolList extends List {
  /** The tools. */
  tools: Tool[];
}

/** Resources of a server. */
export interface ResourceList extends List {
  /** The resources. */
  resources: Resource[];
}

/** Resource templates of a server. */
export interface ResourceTemplateList extends List {
  /** The templates. */
  resourceTemplates: ResourceTemplate[];
}

/** Prompts of a server. */
export interface PromptList extends List {
  /** The prompts. */
  prompts: Prompt[];
}

/** Parameters of `completion/complete`. */
export interface CompleteParams {
  /** The prompt or resource template that has the argument. */
  ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string };
  /** The argument, and the beginning of its value. */
  argument: { name: string; value: string };
  /** Arguments that have a value already. */
  context?: { arguments?: Record<string, string> | undefined } | undefined;
}

/** Result of `completion/complete`. */
export interface CompleteResult {
  /** Up to 100 possible values, the number of all possible values, and whether there are more. */
  completion: { values: string[]; total?: number; hasMore?: boolean };
  /** Other members the server sends. */
  [member: string]: unknown;
}

// ---- Capabilities, notifications and requests of the server ---------------------------------------------------------

/** Capabilities of a server. */
export interface ServerCapabilities {
  /** The server has tools; `listChanged`: it sends a notification when they change. */
  tools?: { listChanged?: boolean };
  /** The server has resources; `subscribe`: it sends a notification when a subscribed resource changes. */
  resources?: { subscribe?: boolean; listChanged?: boolean };
  /** The server has prompts. */
  prompts?: { listChanged?: boolean };
  /** The server sends log messages. */
  logging?: object;
  /** The server completes arguments. */
  completions?: object;
  /** Other capabilities. */
  [name: string]: unknown;
}

/** Capabilities of a client: the requests that a server may send to it. */
export interface ClientCapabilities {
  /** Questions to the user. Added for forms with default values when `elicitation/create` has a handler. */
  elicitation?: object;
  /** Requests to a language model. Added when `sampling/createMessage` has a handler. */
  sampling?: object;
  /** Lists of root folders. Added when `roots/list` has a handler. */
  roots?: object;
  /** Other capabilities. */
  [name: string]: unknown;
}

/** Notifications of a server, by method, with their parameters. */
export interface ServerNotifications {
  /** A log message of the server. */
  'notifications/message': { level: string; logger?: string; data: unknown };
  /** Progress of a call. The call's `onprogress` is called as well. */
  'notifications/progress': Progress;
  /** The server has cancelled one of its requests. */
  'notifications/cancelled': { requestId?: string | number; reason?: string };
  /** The list of tools has changed. */
  'notifications/tools/list_changed': object | undefined;
  /** The list of prompts has changed. */
  'notifications/prompts/list_changed': object | undefined;
  /** The list of resources has changed. */
  'notifications/resources/list_changed': object | undefined;
  /** A subscribed resource has changed. */
  'notifications/resources/updated': { uri: string };
  /** The user has finished an elicitation of mode `url`. */
  'notifications/elicitation/complete': { elicitationId: string };
}

/** Requests of a server, by method, with their parameters and results. */
export interface ServerRequests {
  /** A question to the user. */
  'elicitation/create': { params: ElicitationParams; result: ElicitationResult };
  /** A request to a language model. */
  'sampling/createMessage': { params: SamplingParams; result: SamplingResult };
  /** A request for the root folders. */
  'roots/list': { params: object | undefined; result: { roots: { uri: string; name?: string | undefined }[] } };
}

/** Parameters of `elicitation/create`: a question to the user. */
export interface ElicitationParams {
  /** Text of the question. */
  message: string;
  /** `form`, the default, or `url` for a page that the user is to open. */
  mode?: 'form' | 'url';
  /** JSON Schema of the form: an object of strings, numbers, booleans and choices. */
  requestedSchema?: {
    type: 'object';
    properties: Record<string, { type?: string; title?: string; description?: string; [member: string]: unknown }>;
    required?: string[];
  };
  /** Address of the page. */
  url?: string;
  /** Id in the notification that the user has finished. */
  elicitationId?: string;
}

/** Result of `elicitation/create`. */
export interface ElicitationResult {
  /** The user's decision; `cancel` if the user has closed the form without one. */
  action: 'accept' | 'decline' | 'cancel';
  /** Values of an accepted form. The client adds the schema's defaults for missing values. */
  content?: Record<string, string | number | boolean | string[]> | undefined;
}

/** Parameters of `sampling/createMessage`: a request to a language model. */
export interface SamplingParams {
  /** Messages of the conversation so far. */
  messages: { role: 'user' | 'assistant'; content: ToolContent | ToolContent[] }[];
  /** Maximum number of tokens to generate. */
  maxTokens: number;
  /** System prompt. */
  systemPrompt?: string;
  /** Sampling temperature. */
  temperature?: number;
  /** Texts at which generation stops. */
  stopSequences?: string[];
  /** Preferences for the choice of a model. */
  modelPreferences?: { [member: string]: unknown };
  /** Other members the server sends. */
  [member: string]: unknown;
}

/** Result of `sampling/createMessage`. */
export interface SamplingResult {
  /** Author of the message. */
  role: 'user' | 'assistant';
  /** Content of the message. */
  content: ToolContent | ToolContent[];
  /** Name of the model that was used. */
  model: string;
  /** Reason why generation stopped, such as `endTurn` or `maxTokens`. */
  stopReason?: string | undefined;
}

/** A notification or request of the server, as handlers receive it. */
export interface ServerMessage<Method extends string, Parameters> {
  /** Method of the message. */
  method: Method;
  /** Parameters of the message. */
  params: Parameters;
}

// ---- Errors and reports ---------------------------------------------------------------------------------------------

/**
 * Codes of failures other than JSON-RPC errors of the server:
 *
 * - `TIMEOUT`: no response within the timeout.
 * - `NETWORK`: no connection, or it was lost before the response, or the browser blocked the request (CORS, CSP).
 * - `HTTP_503` and the like: an HTTP error status without a JSON-RPC error; `data` is the beginning of the body.
 * - `REDIRECT`: the server redirects to another origin, or with HTTP 301, 302 or 303, which turn a POST into a GET. The
 *   message names the target.
 * - `INVALID_RESPONSE`: the body is not a JSON-RPC 2.0 response to the call; `data` is its beginning.
 * - `NEGOTIATION_FAILED`: client and server support no common revision of MCP.
 * - `INPUT_REQUIRED`: the server requested input without end, or input whose handler is missing or has failed.
 * - `CLOSED`: the client was closed before the response.
 * - `HEADERS`: the function in the option `headers` failed; `cause` is its error.
 * - `MODULE_LOAD`: the WebAssembly module could not be loaded; the message has the reason and a remedy.
 */
export type LocalErrorCode =
  | 'TIMEOUT'
  | 'NETWORK'
  | `HTTP_${number}`
  | 'REDIRECT'
  | 'INVALID_RESPONSE'
  | 'NEGOTIATION_FAILED'
  | 'INPUT_REQUIRED'
  | 'CLOSED'
  | 'HEADERS'
  | 'MODULE_LOAD';

/** The error that a failing call rejects with. Its stack begins at the caller. */
export declare class MCPError extends Error {
  /** Makes an error. Pages rarely need this. */
  constructor(code: number | LocalErrorCode, message: string, data?: unknown);
  /** Always `MCPError`. */
  readonly name: 'MCPError';
  /** A number is a JSON-RPC code of the server; a string is a {@link LocalErrorCode}. */
  readonly code: number | LocalErrorCode;
  /** `data` of the server's error, or the first 500 characters of an unusable response. */
  readonly data: unknown;
  /** HTTP status of the response; absent without a response. */
  readonly status?: number;
  /** Headers of the response, such as `www-authenticate`. CORS hides those that the server does not expose. */
  readonly headers?: Global<'Headers'>;
  /** The engine's error behind the failure, if there is one. */
  readonly cause?: unknown;
}

/** A report, as `beforeSend` and the service receive it: limited in size, and without secrets. */
export interface ErrorReport {
  /** Name of the error, such as `MCPError`; `MCPToolError` for a tool result with `isError`. */
  error_type: string;
  /** Message of the error. */
  error_message: string;
  /** Stack of the error, with the caller's frame on top. */
  stack_trace?: string | undefined;
  /** Class of the failure. */
  class:
    | 'application'
    | 'protocol'
    | 'http'
    | 'network'
    | 'timeout'
    | 'negotiation'
    | 'tool_failure'
    | 'uncaught'
    | 'unhandled_rejection'
    | 'reported';
  /** Circumstances of the failure. */
  context: {
    /** Time, as RFC 3339. */
    timestamp: string;
    /** User agent of the browser. */
    userAgent?: string | undefined;
    /** Address of the page, without its fragment. */
    url?: string | undefined;
    /** Method of the call. */
    method?: string | undefined;
    /** Parameters of the call. */
    params?: unknown;
    /** Address of the server. */
    endpoint?: string | undefined;
    /** `data` of the server's error. */
    data?: unknown;
    /** Beginning of an unusable response. */
    answer?: string | undefined;
    /** Members of the error beside its message and stack, or of the value that was thrown in place of an error. */
    error?: unknown;
    /** The context given to {@link MCPClient.report}. */
    extra?: unknown;
  };
  /** The call that failed; absent if the failure was no call. */
  rpc?:
    | {
        /** Method of the call. */
        method: string;
        /** Name of the tool, for `tools/call`. */
        tool?: string | undefined;
        /** JSON-RPC code of the server's error, or the HTTP status. */
        code?: number | undefined;
        /** Parameters of the call. */
        params?: unknown;
        /** Transport of the call. */
        transport: 'http';
        /** Revision of MCP in use. */
        protocol_version?: string | undefined;
        /** Time until the call failed, in milliseconds, including all attempts and waits. */
        duration_ms: number;
        /** Id of the request, by which the service recognises that its gateway saw the same call. */
        id?: number | undefined;
        /** Hash of the MCP session; absent without a session. */
        session_hash?: string | undefined;
      }
    | undefined;
  /** W3C trace context that the call had, by which the service finds the server's report of it. */
  trace?: { trace_id: string; span_id: string } | undefined;
  /** Name and version of the MCP server, if it has sent them. */
  server?: { name: string; version?: string | undefined } | undefined;
  /** Causes of the error, outermost first. */
  causes?: { error_type: string; error_message: string; stack_trace?: string | undefined }[] | undefined;
  /** Breadcrumbs, oldest first; `level` is the console's, or `mcp`, `fetch`, `click`, `navigation`. */
  logs?: { timestamp: string; level: string; message: string }[] | undefined;
  /** Severity, for `beforeSend` to set. Without it the service decides. */
  severity?: 'low' | 'medium' | 'high' | 'critical' | undefined;
  /** As in {@link ReportingOptions.release}. */
  release?: string | undefined;
  /** As in {@link ReportingOptions.environment}. */
  environment?: string | undefined;
  /** As in {@link ReportingOptions.tags}. */
  tags?: Record<string, string> | undefined;
  /** Hash of {@link ReportingOptions.user}. */
  user?: string | undefined;
  /** Number of equal failures that this report stands for; absent means one. */
  count?: number | undefined;
  /** Time of the first of several failures, as RFC 3339. */
  first_seen?: string | undefined;
  /** Time of the last of several failures, as RFC 3339. */
  last_seen?: string | undefined;
  /** UUID of the report. A report that arrives twice counts once. */
  id: string;
  /** Random id of this client, so that affected pages can be counted. */
  client: string;
  /** Sender of the report. */
  source: 'javascript_sdk';
  /** Version of this format. */
  schema: 1;
}

// ---- The client -----------------------------------------------------------------------------------------------------

/**
 * A client for one MCP or JSON-RPC 2.0 server over HTTP.
 *
 * It can be used right after `new`: calls wait for the WebAssembly module, and the first call performs MCP's handshake.
 * A call whose parameters are not JSON rejects with a `TypeError`, and nothing is sent. So does a call to a relative
 * address outside of pages. An aborted call rejects with
 * `signal.reason`. Every other failure is an {@link MCPError}.
 */
export declare class MCPClient {
  /**
   * Makes a client. Nothing is sent yet.
   *
   * @param endpoint - Address of the server, with `http://` or `https://` or relative to the page, and without a password;
   *   `'/jsonrpc'` by default.
   * @param options - See {@link MCPClientOptions}. A wrong option throws a `TypeError` that names it.
   */
  constructor(endpoint?: string | Global<'URL'>, options?: MCPClientOptions);

  /** Resolves when the module has loaded, or rejects with `MODULE_LOAD`. Calls wait for it by themselves. */
  get ready(): Promise<void>;

  /** Called at the end of `close()`. */
  onclose: (() => void) | undefined;

  /**
   * Called with errors outside of calls: an event that is not JSON, an error of a handler, or of the stream for
   * notifications. They affect no call and are not reported. After a fault of the reporter, which switches reporting
   * off, it is called once. What it throws is ignored.
   */
  onerror: ((error: unknown) => void) | undefined;

  /** Calls a method. Resolves to its result. */
  request<Result = unknown>(method: string, params?: Params | null, options?: CallOptions | null): Promise<Result>;

  /**
   * Sends a notification. Resolves when the server has received it. A JSON-RPC error in its response is ignored, because
   * notifications have no response.
   */
  notify(method: string, params?: Params | null): Promise<void>;

  /**
   * Sends several calls: in one POST to a JSON-RPC server, in parallel to an MCP server, because MCP has no batches.
   * Resolves to one result per call, in the order of the calls. The value of a notification is `undefined`. A call
   * without a reply has a rejected result. The promise itself rejects only if the whole POST failed.
   */
  batch(calls: BatchCall[]): Promise<BatchResult[]>;

  /** Calls a tool. A result with `isError` resolves, because MCP defines it as a result, and is reported. */
  callTool<Structured = unknown>(
    name: string,
    args?: Params | null,
    options?: CallOptions | null,
  ): Promise<ToolResult<Structured>>;
  /** Calls a tool, given by the parameters of `tools/call`. */
  callTool<Structured = unknown>(call: ToolRequest, options?: CallOptions | null): Promise<ToolResult<Structured>>;

  /** Lists the tools: all pages, up to 64, or the page at `cursor`. */
  listTools(params?: ListParams | null, options?: CallOptions | null): Promise<ToolList>;

  /** Lists the resources: all pages, up to 64, or the page at `cursor`. */
  listResources(params?: ListParams | null, options?: CallOptions | null): Promise<ResourceList>;

  /** Lists the resource templates: all pages, up to 64, or the page at `cursor`. */
  listResourceTemplates(params?: ListParams | null, options?: CallOptions | null): Promise<ResourceTemplateList>;

  /** Lists the prompts: all pages, up to 64, or the page at `cursor`. */
  listPrompts(params?: ListParams | null, options?: CallOptions | null): Promise<PromptList>;

  /** Reads a resource, given by its address or by the parameters of `resources/read`. */
  readResource(
    resource: string | { uri: string; _meta?: { [name: string]: unknown } | undefined },
    options?: CallOptions | null,
  ): Promise<ResourceResult>;

  /** Gets a prompt with its arguments filled in. */
  getPrompt(name: string, args?: Record<string, string>, options?: CallOptions | null): Promise<PromptResult>;
  /** Gets a prompt, given by the parameters of `prompts/get`. */
  getPrompt(prompt: PromptRequest, options?: CallOptions | null): Promise<PromptResult>;

  /** Gets possible values for an argument of a prompt or resource template. */
  complete(params: CompleteParams, options?: CallOptions | null): Promise<CompleteResult>;

  /** Gets a model's description with `get_model`, a method of servers for the original SDK. */
  getModel(modelId: string): Promise<unknown>;

  /** Checks that the server responds. Modern MCP has no `ping`: such servers respond with "method not found". */
  ping(options?: CallOptions | null): Promise<unknown>;

  /**
   * Connects to an MCP server. Otherwise the first call connects. With plain JSON-RPC it only waits for the module.
   * Rejects with `NEGOTIATION_FAILED`, or with the failure of a request of the handshake.
   */
  connect(): Promise<void>;

  /**
   * Ends the session and all calls under way, which reject with `CLOSED`. Reports are still sent. A later call connects
   * again.
   */
  close(): Promise<void>;

  /**
   * Sets the handler for a notification of an MCP server; `undefined` removes it. While there are handlers, the client
   * keeps a stream open, and opens it again after it has ended. An error of a handler is passed to `onerror`.
   */
  setNotificationHandler<Method extends keyof ServerNotifications>(
    method: Method,
    handler: ((notification: ServerMessage<Method, ServerNotifications[Method]>) => unknown) | undefined,
  ): void;
  /** Sets the handler for a notification of any other method. */
  setNotificationHandler<Method extends string>(
    method: Method extends keyof ServerNotifications ? never : Method,
    handler: ((notification: ServerMessage<Method, unknown>) => unknown) | undefined,
  ): void;

  /**
   * Sets the handler for a request of an MCP server; `undefined` removes it. Set it before the first call, because the
   * handshake sends the capabilities that follow from handlers. If a handler throws, the server receives an error with
   * its `code` if that is an integer, otherwise -32603.
   */
  setRequestHandler<Method extends keyof ServerRequests>(
    method: Method,
    handler:
      | ((
          request: ServerMessage<Method, ServerRequests[Method]['params']>,
        ) => ServerRequests[Method]['result'] | Promise<ServerRequests[Method]['result']>)
      | undefined,
  ): void;
  /** Sets the handler for a request of any other method. A result of `undefined` is sent as `{}`. */
  setRequestHandler<Method extends string>(
    method: Method extends keyof ServerRequests ? never : Method,
    handler: ((request: ServerMessage<Method, unknown>) => unknown) | undefined,
  ): void;

  /** Capabilities of the MCP server; undefined before the handshake. */
  getServerCapabilities(): ServerCapabilities | undefined;

  /** Name and version of the MCP server; undefined before the handshake. */
  getServerVersion(): Implementation | undefined;

  /** Instructions of the MCP server for its use; undefined before the handshake, or if it has none. */
  getInstructions(): string | undefined;

  /** Era of MCP in use; undefined before the handshake, and for plain JSON-RPC. */
  getProtocolEra(): 'legacy' | 'modern' | undefined;

  /**
   * Reports an error that the page has caught, if reporting is on. An error object is reported once. Never throws.
   *
   * @param error - The error, or any other value. Objects that are no errors are grouped by the names of their members.
   * @param context - Further information. It is read at once, within limits of depth, width and length.
   */
  report(error: unknown, context?: unknown): void;

  /**
   * Sends all waiting reports, for example before a program ends.
   *
   * @param timeout - Timeout in milliseconds; 2000 by default.
   * @returns Whether all reports have arrived, and none was given up since the last `flush`.
   */
  flush(timeout?: number): Promise<boolean>;

  /**
   * Sends a call for a method of a subclass. The stack of its error begins at the caller of that method.
   *
   * @param trace - `new Error()`, made in the method itself, which must not be async.
   */
  protected _call<Result = unknown>(method: string, params: Params | null | undefined, trace: Error): Promise<Result>;

  /** Sends a batch for a method of a subclass, as {@link MCPClient.batch} does. */
  protected _batch(calls: BatchCall[], trace: Error): Promise<BatchResult[]>;
}

// Declarations above without `export` are private.
export {};
