// Request headers of the modern era: the method, the name, and the arguments that a tool's schema maps to headers.

import { attempted, isObject, isText } from './type-checks.js';

/** Maximum depth of a schema that is searched, so that a hostile one cannot exhaust the stack. */
const MAX_DEPTH = 64;
/** A token, as RFC 9110 has it. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** Keywords of JSON Schema whose value is data, not a schema. */
const DATA_KEYWORDS = /^(default|const|enum|examples)$/;

/** The headers of one call, in addition to those of every request. */
export function headersFor(call, toolHeaders) {
  const headers = { 'mcp-method': call.method };
  const isNamed = /^(tools\/call|prompts\/get|resources\/read)$/.test(call.method);
  if (isNamed && call.name !== undefined) headers['mcp-name'] = encoded(call.name);
  const paths = call.method === 'tools/call' && toolHeaders.get(call.name);
  // From the text, like the body, because the object may have changed since the call.
  const given = paths?.size > 0 && JSON.parse(call.params).arguments;
  for (const [name, path] of paths || []) {
    const value = path.reduce((inner, key) => (Object.hasOwn(Object(inner), key) ? inner[key] : undefined), given);
    if (value != null) headers[`mcp-param-${name}`] = encoded(String(value));
  }
  return headers;
}

/** A header value: the text itself, or `=?base64?…?=` if the text is not plain ASCII. */
function encoded(value) {
  if (/^([!-~]([ -~\t]*[!-~])?)?$/.test(value) && !/^=\?base64\?.*\?=$/.test(value)) return value;
  return `=?base64?${btoa(String.fromCharCode(...new TextEncoder().encode(value)))}?=`;
}

/** The tools whose `x-mcp-header` keywords are valid. Stores the paths of their header parameters in `toolHeaders`. */
export function usableTools(tools, toolHeaders) {
  return tools.filter((tool) => {
    const { name, inputSchema } = Object(tool);
    try {
      toolHeaders.set(name, headerPaths(inputSchema));
      return true;
    } catch ({ message }) {
      attempted(() => console.warn(`MCPClient: the tool "${name}" is left out: ${message}`));
      return false;
    }
  });
}

/** The paths of a tool's header parameters in its arguments, by lower-case header name. Throws if one is invalid. */
export function headerPaths(inputSchema) {
  const paths = new Map();
  // `path` leads to the schema through `properties` alone; undefined if another keyword is on the way.
  const search = (schema, path, depth) => {
    if (!isObject(schema) || depth > MAX_DEPTH) return;
    for (const [key, value] of Object.entries(schema)) {
      if (key === 'properties' && isObject(value) && !Array.isArray(value)) {
        for (const name of Object.keys(value)) search(value[name], path && [...path, name], depth + 1);
      } else if (!DATA_KEYWORDS.test(key)) {
        search(value, undefined, depth + 1);
      }
    }
    const header = schema['x-mcp-header'];
    if (header === undefined) return;
    const name = isText(header) && HEADER_NAME.test(header) && header.toLowerCase();
    if (!name || paths.has(name) || !path?.length || !['string', 'integer', 'boolean'].includes(schema.type)) {
      const rule = 'a header name, used once, on a string, integer or boolean that "properties" alone lead to';
      throw new TypeError(`its x-mcp-header ${JSON.stringify(header)} must be ${rule}`);
    }
    paths.set(name, path);
  };
  search(inputSchema, [], 0);
  return paths;
}
