// The public types of mcp-autoheal.

/** A value as JSON has it. */
export type JSONValue = null | boolean | number | string | JSONValue[] | { [name: string]: JSONValue };

/** Parameters of a call: JSON-RPC allows an object or an array. They are written by `JSON.stringify` at the call. */
export type Params = object;

/** Options of a client. */
export interface MCPClientOptions {
  /**
   * How long one attempt may take, in milliseconds.
   * @defaultValue 30000
   */
  timeout?: number;
  /**
   * How often a call may be sent again, with exponentially growing waits. Only calls that may safely be repeated are:
   * `ping`, lists, reads, calls marked `{idempotent: true}`, and any call the server turned away with HTTP 429 or 503.
   * @defaultValue 3
   */
  retries?: number;
  /**
   * Whether failures are reported to `errorReportEndpoint`.
   * @defaultValue false
   */
  reportErrors?: boolean;
  /**
   * Where reports are posted.
   * @defaultValue '/report-error'
   */
  errorReportEndpoint?: string | URL;
  /** Headers of every request to the server, such as `authorization`. They never appear in a report. */
  headers?: Record<string, string> | Headers;
}

/** Options of one call. */
export interface CallOptions {
  /** Whether doing the call twice does no harm, so that it may be repeated when its answer was lost. */
  idempotent?: boolean;
  /** How long one attempt may take, in milliseconds; the client's own timeout by default. */
  timeout?: number;
}

/** One call of a batch. */
export interface BatchCall {
  /** The JSON-RPC method. */
  method: string;
  /** Its parameters. */
  params?: Params;
  /** Whether this is a notification, which gets no answer. */
  notification?: boolean;
  /** Whether doing the call twice does no harm. A batch is repeated only if all its calls may be. */
  idempotent?: boolean;
}

/** What became of one call of a batch: the shape `Promise.allSettled` gives. */
export type BatchResult =
  | { status: 'fulfilled'; value: unknown }
  | { status: 'rejected'; reason: MCPError };

/** One part of a tool's result, such as `{type: 'text', text: '…'}`. */
export interface ToolContent {
  /** `text`, `image`, `audio`, `resource_link`, `resource`. */
  type: string;
  /** The text of a `text` part. */
  text?: string;
  /** Members of the other types. */
  [member: string]: unknown;
}

/** A tool's result. */
export interface ToolResult {
  /** What the tool says. */
  content?: ToolContent[];
  /** The same for programs. */
  structuredContent?: unknown;
  /** Whether the tool failed. The call resolves nevertheless, and is reported. */
  isError?: boolean;
  /** Whatever else the server sends. */
  [member: string]: unknown;
}

/** A tool of the server. */
export interface Tool {
  /** The name `callTool` takes. */
  name: string;
  /** What it does, for people and models. */
  description?: string;
  /** JSON Schema of its arguments. */
  inputSchema?: { [member: string]: unknown };
  /** Whatever else the server sends. */
  [member: string]: unknown;
}

/** One page of a server's tools. */
export interface ToolList {
  /** The tools. */
  tools: Tool[];
  /** Where the next page begins; absent on the last. */
  nextCursor?: string;
}

/**
 * The code of a failure that is not the server's own:
 *
 * - `TIMEOUT`: no answer within the timeout.
 * - `NETWORK`: no connection, or it was lost before the answer, or the browser forbade the request (CORS, CSP).
 * - `HTTP_503` and the like: an HTTP error status without a JSON-RPC error.
 * - `INVALID_RESPONSE`: an answer that is not a JSON-RPC 2.0 answer to the call; `data` holds its beginning.
 * - `MODULE_LOAD`: the WebAssembly module could not be loaded; the message names cause and remedy.
 */
export type LocalErrorCode = 'TIMEOUT' | 'NETWORK' | `HTTP_${number}` | 'INVALID_RESPONSE' | 'MODULE_LOAD';

/** The error every failing call rejects with. Its stack is the caller's. */
export declare class MCPError extends Error {
  /** Makes one; pages rarely need to. */
  constructor(code: number | LocalErrorCode, message: string, data?: unknown);
  /** Always `MCPError`. */
  readonly name: 'MCPError';
  /** A number is the server's own JSON-RPC code; text is a {@link LocalErrorCode}. */
  readonly code: number | LocalErrorCode;
  /** `data` of the server's error, or the beginning of an answer that could not be used. */
  readonly data: unknown;
  /** The engine's own error behind a network failure, if there is one. */
  readonly cause?: unknown;
}

/**
 * A client for one JSON-RPC 2.0 or MCP server behind HTTP POST.
 *
 * It is usable right after `new`: calls made before the module has loaded wait for it. A call with parameters that are
 * not JSON rejects with a `TypeError`, and nothing is sent; every other failure is an {@link MCPError}.
 */
export declare class MCPClient {
  /**
   * @param endpoint - Where the server listens.
   * @param options - See {@link MCPClientOptions}. A wrong one throws a `TypeError` that names it.
   */
  constructor(endpoint?: string | URL, options?: MCPClientOptions);

  /** Resolves when the module has loaded; rejects with `MODULE_LOAD` when it cannot. Nobody has to wait for it. */
  get ready(): Promise<void>;

  /** Calls a method and resolves to its result. */
  request<Result = unknown>(method: string, params?: Params, options?: CallOptions): Promise<Result>;

  /** Sends a notification. Resolves when the server has taken it; there is no answer. */
  notify(method: string, params?: Params): Promise<void>;

  /**
   * Sends several calls in one POST. Resolves to one entry per call, in the order of the calls; a notification's value
   * is `undefined`. A call without an answer of its own is rejected in its entry. The promise itself rejects only if the
   * POST as a whole failed.
   */
  batch(calls: BatchCall[]): Promise<BatchResult[]>;

  /** Calls a tool. A result with `isError` resolves, as the protocol has it, and is reported. */
  callTool(name: string, args?: Params, options?: CallOptions): Promise<ToolResult>;

  /** The server's tools. */
  listTools(): Promise<ToolList>;

  /** What the server knows of one model. */
  getModel(modelId: string): Promise<unknown>;

  /** Asks whether the server is there. */
  ping(): Promise<unknown>;
}
