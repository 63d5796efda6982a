// What the newer era wants told in headers too: method, name, and the parameters a tool's schema marks.

import { Session } from '../pkg/glue.js';

/** The headers of one call beside those every request has. */
export function headersFor(call, toolHeaders) {
  const headers = { 'mcp-method': call.method };
  const isNamed = /^(tools\/call|prompts\/get|resources\/read)$/.test(call.method);
  if (isNamed && call.name !== undefined) headers['mcp-name'] = carried(call.name);
  const marks = call.method === 'tools/call' && toolHeaders.get(call.name);
  // From the text, like the body: the object may have changed since the call.
  const given = marks?.length > 0 && JSON.parse(call.params).arguments;
  for (const [name, path] of marks || []) {
    const value = path.reduce((inner, key) => (Object.hasOwn(Object(inner), key) ? inner[key] : undefined), given);
    if (value != null) headers[`mcp-param-${name}`] = carried(String(value));
  }
  return headers;
}

/** A value as headers carry it: as it is, or as base64 in a wrapping if it is no plain ASCII. */
function carried(value) {
  if (/^([!-~]([ -~\t]*[!-~])?)?$/.test(value) && !/^=\?base64\?.*\?=$/.test(value)) return value;
  return `=?base64?${btoa(String.fromCharCode(...new TextEncoder().encode(value)))}?=`;
}

/** The tools whose marks are as they must be; where the marked values stand is kept in `toolHeaders`. */
export function usableTools(tools, toolHeaders) {
  return tools.filter((tool) => {
    const { name, inputSchema } = Object(tool);
    const marks = Session.marks(JSON.stringify(inputSchema) ?? '');
    if (marks[0] === '[') toolHeaders.set(name, JSON.parse(marks));
    else console.warn(`MCPClient: the tool "${name}" is left out: ${marks}`);
    return marks[0] === '[';
  });
}
