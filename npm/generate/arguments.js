// Parses the command line of `generate`.

import { parseArgs } from 'node:util';

import { misuse } from './failure.js';
import { camelCase, RESERVED_TYPES } from './names.js';
import { literal, oneLine } from './text.js';

const MAX_TIMEOUT = 2 ** 31 - 1; // milliseconds; Node does not support a longer timer

const OPTIONS = {
  out: { type: 'string' },
  name: { type: 'string' },
  header: { type: 'string', multiple: true },
  timeout: { type: 'string' },
  force: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

/** The parts of the module by the extension of `--out`, each with the extension of its own file. */
const PARTS = {
  '.ts': [['typescript', '.ts']],
  '.mts': [['typescript', '.mts']],
  '.js': [
    ['javascript', '.js'],
    ['declarations', '.d.ts'],
  ],
  '.mjs': [
    ['javascript', '.mjs'],
    ['declarations', '.d.mts'],
  ],
};

/**
 * Turns the words after `generate` into settings: `target` is `{url}` or `{command: [program, …]}`, `files` are the
 * parts to write with their paths.
 */
export function parseArguments(words) {
  // Not strict, because the options of the server's command are in the same list.
  const { tokens } = parseArgs({ args: words.map(withoutGroup), options: OPTIONS, strict: false, tokens: true });
  const terminator = tokens.find(({ kind }) => kind === 'option-terminator')?.index ?? words.length;
  const values = { header: [] };
  const server = [];
  for (const { kind, index, name, value, inlineValue } of tokens) {
    const word = words[index];
    const isOption = kind === 'option' && Object.hasOwn(OPTIONS, name);
    if (isOption && OPTIONS[name].type === 'string') {
      setValue(values, name, inlineValue ? value : words[index + 1]);
    } else if (isOption && value === undefined) {
      values[name] = true;
    } else if (word.startsWith('-') && index < terminator && (server.length === 0 || isUrl(server[0]))) {
      // After the first word of a command, the word would be an option of that command.
      throw misuse(isOption ? `--${name} takes no value` : `there is no option ${oneLine(word.split('=', 1)[0], 60)}`);
    } else if (index !== terminator) {
      server.push(word);
    }
  }
  return values.help ? { help: true } : settings(values, server);
}

/** Replaces options such as `-ab`, which `parseArgs` would split into `-a` and `-b`, by a word that it leaves alone. */
function withoutGroup(word) {
  return /^-[^-]/.test(word) && word !== '-h' ? '-' : word;
}

function setValue(values, name, value) {
  if (value === undefined) throw misuse(`--${name} needs a value`);
  if (OPTIONS[name].multiple) values[name].push(value);
  else if (values[name] !== undefined) throw misuse(`--${name} is given twice`);
  else values[name] = value;
}

function settings(values, server) {
  if (server.length === 0 || server[0] === '')
    throw misuse('a server is missing: give its http(s) address, or the command that starts it');
  const target = isUrl(server[0]) ? { url: checkedUrl(server) } : { command: server };
  if (target.command && values.header.length > 0) throw misuse('--header is for an address; a command has no headers');
  return {
    target,
    files: values.out === undefined ? undefined : files(values.out),
    out: values.out,
    name: values.name === undefined ? undefined : className(values.name),
    headers: headers(values.header),
    timeout: milliseconds(values.timeout ?? '60000'),
    force: values.force === true,
  };
}

function isUrl(word) {
  return /^https?:/i.test(word);
}

function checkedUrl([url, ...others]) {
  if (others.length > 0) throw misuse(`only one address is possible; remove ${literal(oneLine(others[0], 60))}`);
  if (!URL.canParse(url)) throw misuse(`${literal(oneLine(url))} is not an address`);
  const { username, password } = new URL(url);
  if (username !== '' || password !== '') {
    throw misuse("an address must not contain a password; use --header 'Authorization: Basic …'");
  }
  return url;
}

function files(out) {
  const extension = /(?<!\.d)\.m?[jt]s$/.exec(out)?.[0];
  if (extension === undefined)
    throw misuse(`--out must end in .ts, .mts, .js or .mjs; ${literal(oneLine(out))} does not`);
  const stem = out.slice(0, -extension.length);
  return PARTS[extension].map(([part, partExtension]) => ({ part, path: stem + partExtension }));
}

function className(name) {
  // A class cannot have a reserved word such as `class` as its name; all reserved words are lower case.
  const isUsable = /^[A-Za-z_$][\w$]*$/.test(name) && !/^[a-z]+$/.test(name) && !RESERVED_TYPES.includes(name);
  if (isUsable) return name;
  throw misuse(`--name must be a class name such as ${suggestion(name)}, not ${literal(oneLine(name, 60))}`);
}

function suggestion(name) {
  const camel = camelCase(name.normalize('NFD').replace(/[^ -~]/g, ''), 'shop');
  return `${camel[0].toUpperCase()}${camel.slice(1)}Client`;
}

function headers(lines) {
  const parsed = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(':');
    try {
      if (colon === -1) throw new TypeError('no colon');
      parsed.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    } catch {
      // The message does not repeat the line, because it may hold a secret.
      throw misuse("--header must be of the form 'Name: value', with characters a header may have");
    }
  }
  return parsed;
}

function milliseconds(text) {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MAX_TIMEOUT) return value;
  throw misuse(
    `--timeout must be a whole number of milliseconds from 1 to ${MAX_TIMEOUT}, not ${literal(oneLine(text, 60))}`,
  );
}
