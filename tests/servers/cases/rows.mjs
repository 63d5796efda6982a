// Builders for the tables of cases: requests, expected responses and expected reports.

import { readFileSync } from 'node:fs';

import { fixture } from '../harness/places.mjs';

// Requests. Their ids are added when they are sent.
export const call = (name, args = {}) => ({ method: 'tools/call', params: { name, arguments: args } });
export const read = (uri) => ({ method: 'resources/read', params: { uri } });
export const prompt = (name, args) => ({ method: 'prompts/get', params: { name, arguments: args } });
export const request = (method, params = {}) => ({ method, params });

// Expected responses.
export const isError = (text) => ({ channel: 'isError', text });
export const error = (code, text) => ({ channel: 'error', code, text });
export const success = (text = /(?:)/) => ({ channel: 'result', text });

// Expected reports. `more` may have `type`, `stack`, `exit`, `shows`, `code`, `params` and `reproducible`.
const failure =
  (kind, source, method) =>
  (target, message, more = {}) => ({
    class: kind,
    source,
    method,
    target,
    message,
    ...more,
  });
export const toolFailure = failure('tool_failure', 'mcp_tool', 'tools/call');
export const resourceFailure = failure('resource_failure', 'mcp_resource', 'resources/read');
export const promptFailure = failure('prompt_failure', 'mcp_prompt', 'prompts/get');
export const badTool = failure('caller_error', 'mcp_tool', 'tools/call');
export const badResource = failure('caller_error', 'mcp_resource', 'resources/read');
export const badPrompt = failure('caller_error', 'mcp_prompt', 'prompts/get');
export const noAnswer = failure('no_answer', 'mcp_tool', 'tools/call');
export const serverExit = (exit, target, more) =>
  failure('server_exit', ['mcp_tool', 'mcp_protocol'], 'tools/call')(target, /./, { exit, ...more });
export const badMethod = (method, message) => failure('caller_error', 'mcp_protocol', method)(undefined, message);
export const protocolError = (message, more) =>
  failure('protocol_error', 'mcp_protocol', undefined)(undefined, message, { reproducible: false, ...more });

/** A pattern for the line with this text in one of our servers, as `file:line` or as Python's `file", line N`. */
export function place(file, text) {
  const lines = readFileSync(fixture(file), 'utf8').split('\n');
  const line = lines.findIndex((content) => content.includes(text)) + 1;
  if (line === 0) throw new Error(`${file} has no line with ${text}`);
  return new RegExp(`${file.replace('.', '\\.')}(?::|",line)${line}(?!\\d)`);
}
