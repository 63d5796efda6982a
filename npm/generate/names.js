// Turns the names of a server into identifiers: readable, unique, and never the name of a member of the client.

const MAX_LENGTH = 80;

/** Members of MCPClient and of every object. A method for a tool must not replace them. */
export const RESERVED_METHODS = new Set([
  ...[
    'constructor',
    '_batch',
    '_call',
    'connect',
    'close',
    'request',
    'notify',
    'batch',
    'callTool',
    'getModel',
    'ready',
    'flush',
    'report',
  ],
  ...[
    'listTools',
    'listResources',
    'listResourceTemplates',
    'listPrompts',
    'readResource',
    'getPrompt',
    'complete',
    'ping',
  ],
  ...['setNotificationHandler', 'setRequestHandler'],
  ...['getServerCapabilities', 'getServerVersion', 'getInstructions', 'getProtocolEra'],
  ...['onclose', 'onerror', 'then', 'catch', 'finally', 'toJSON', 'prototype'],
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** Types that the generated module uses. A declared type of the same name would hide them. */
export const RESERVED_TYPES = [
  'MCPClient',
  'MCPError',
  'ToolResult',
  'CallOptions',
  'Promise',
  'Record',
  'Object',
  'Array',
];

/** `get-weather_v2` as `getWeatherV2`. */
export function camelCase(name, fallback = 'tool') {
  const words = wordsOf(name);
  if (words.length === 0) return fallback;
  const joined = words.map((word, index) => (index === 0 ? decapitalised(word) : capitalised(word))).join('');
  return /^\p{ID_Start}/u.test(joined) ? joined : fallback + joined;
}

/** `get-weather_v2` as `GetWeatherV2`. */
export function pascalCase(name, fallback = 'Tool') {
  const joined = wordsOf(name).map(capitalised).join('');
  if (joined === '') return fallback;
  return /^\p{ID_Start}/u.test(joined) ? joined : fallback + joined;
}

/** Unique names: a name that is taken gets a number. */
export class Names {
  #taken;

  constructor(reserved = []) {
    this.#taken = new Set(reserved);
  }

  claim(preferred) {
    let name = preferred;
    for (let number = 2; this.#taken.has(name); number += 1) name = `${preferred}${number}`;
    this.#taken.add(name);
    return name;
  }
}

/**
 * The method names by tool name. Names are assigned first to tools whose name is in camel case already, and last to
 * tools whose method would collide with a member of the client, so that a new tool rarely changes an older method.
 */
export function methodNames(toolNames) {
  const candidates = toolNames.map((tool) => {
    const camel = camelCase(tool);
    if (RESERVED_METHODS.has(camel)) return { tool, preferred: `${camel}Tool`, rank: 2 };
    return { tool, preferred: camel, rank: camel === tool ? 0 : 1 };
  });
  const names = new Names(RESERVED_METHODS);
  const inOrder = candidates.sort((a, b) => a.rank - b.rank || (a.tool < b.tool ? -1 : 1));
  return new Map(inOrder.map(({ tool, preferred }) => [tool, names.claim(preferred)]));
}

// Keeps only characters that an identifier may have, after NFC has joined combining accents to their letters.
function wordsOf(name) {
  const letters = name.slice(0, 2 * MAX_LENGTH).normalize('NFC');
  const words = letters.split(/[^\p{ID_Continue}]|[_\u200c\u200d]/u).filter((word) => word !== '');
  const joined = words
    .join(' ')
    .slice(0, MAX_LENGTH)
    .replace(/[\uD800-\uDBFF]$/, '');
  return joined === '' ? [] : joined.split(' ').filter((word) => word !== '');
}

function capitalised(word) {
  const first = String.fromCodePoint(word.codePointAt(0));
  return first.toUpperCase() + word.slice(first.length);
}

// `URLShortener` becomes `urlShortener`; `getURL` does not change.
function decapitalised(word) {
  return word.replace(/^\p{Lu}+(?=\p{Lu}\p{Ll})|^\p{Lu}+$|^\p{Lu}/u, (capitals) => capitals.toLowerCase());
}
