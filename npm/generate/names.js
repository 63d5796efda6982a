// Turns a server's names into identifiers: readable, never twice the same, never one the client needs itself.

const LONGEST = 80;

/** Members of MCPClient and of every object: a tool of such a name must not replace them. */
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

/** Names the generated module uses itself, or that would hide a built-in type it uses. */
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
  const joined = words.map((word, place) => (place === 0 ? decapitalised(word) : capitalised(word))).join('');
  return /^\p{ID_Start}/u.test(joined) ? joined : fallback + joined;
}

/** `get-weather_v2` as `GetWeatherV2`. */
export function pascalCase(name, fallback = 'Tool') {
  const joined = wordsOf(name).map(capitalised).join('');
  if (joined === '') return fallback;
  return /^\p{ID_Start}/u.test(joined) ? joined : fallback + joined;
}

/** The names handed out so far; a name asked for again gets a number. */
export class Names {
  #taken;

  constructor(reserved = []) {
    this.#taken = new Set(reserved);
  }

  claim(wanted) {
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number += 1) name = `${wanted}${number}`;
    this.#taken.add(name);
    return name;
  }
}

/**
 * A method's name for each tool's name. A tool that is already called like a method keeps its name, then come those
 * that only need another case, then those that collide with the client: so a new tool rarely renames an old one's
 * method.
 */
export function methodNames(toolNames) {
  const wishes = toolNames.map((tool) => {
    const natural = camelCase(tool);
    if (RESERVED_METHODS.has(natural)) return { tool, wanted: `${natural}Tool`, rank: 2 };
    return { tool, wanted: natural, rank: natural === tool ? 0 : 1 };
  });
  const names = new Names(RESERVED_METHODS);
  const inOrder = wishes.sort((a, b) => a.rank - b.rank || (a.tool < b.tool ? -1 : 1));
  return new Map(inOrder.map(({ tool, wanted }) => [tool, names.claim(wanted)]));
}

// Only what may stand in an identifier survives: an accent given as a character of its own joins its letter first.
function wordsOf(name) {
  const letters = name.slice(0, 2 * LONGEST).normalize('NFC');
  const words = letters.split(/[^\p{ID_Continue}]|[_\u200c\u200d]/u).filter((word) => word !== '');
  const joined = words
    .join(' ')
    .slice(0, LONGEST)
    .replace(/[\uD800-\uDBFF]$/, '');
  return joined === '' ? [] : joined.split(' ').filter((word) => word !== '');
}

function capitalised(word) {
  const first = String.fromCodePoint(word.codePointAt(0));
  return first.toUpperCase() + word.slice(first.length);
}

// `URLShortener` becomes `urlShortener`, `getURL` stays.
function decapitalised(word) {
  return word.replace(/^\p{Lu}+(?=\p{Lu}\p{Ll})|^\p{Lu}+$|^\p{Lu}/u, (capitals) => capitals.toLowerCase());
}
