// The command line of `generate`, checked once.

import { camelCase, RESERVED_TYPES } from './names.js';
import { misuse } from './failure.js';
import { literal, oneLine } from './text.js';

const LONGEST_TIMER = 2 ** 31 - 1;
const VALUED = new Set(['--out', '--name', '--header', '--timeout']);
const FLAGS = new Set(['--force', '--help', '-h']);

/** What `--out`'s ending means: the parts of the module, and the ending of each one's file. */
const LANGUAGES = {
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
  const given = { header: [] };
  const target = [];
  for (let place = 0; place < words.length; place += 1) {
    const [, option, attached] = /^(--[a-z]+)=(.*)$/s.exec(words[place]) ?? [undefined, words[place]];
    if (option === '--') {
      target.push(...words.slice(place + 1));
      break;
    }
    if (VALUED.has(option)) {
      const value = attached ?? words[(place += 1)];
      if (value === undefined) throw misuse(`${option} needs a value`);
      if (option === '--header') given.header.push(value);
      else if (given[option.slice(2)] !== undefined) throw misuse(`${option} is given twice`);
      else given[option.slice(2)] = value;
    } else if (FLAGS.has(words[place])) {
      given[option === '-h' ? 'help' : option.slice(2)] = true;
    } else if (option.startsWith('-') && (target.length === 0 || isAddress(target[0]))) {
      throw misuse(`there is no option ${oneLine(option, 60)}`); // a command's own options come after its first word
    } else {
      target.push(words[place]);
    }
  }
  return given.help ? { help: true } : settings(given, target);
}

function settings(given, words) {
  if (words.length === 0 || words[0] === '')
    throw misuse('say which server: an http(s) address, or the command that starts it');
  const target = isAddress(words[0]) ? { url: address(words) } : { command: words };
  if (target.command && given.header.length > 0) throw misuse('--header is for an address; a command has no headers');
  return {
    target,
    files: given.out === undefined ? undefined : files(given.out),
    out: given.out,
    name: given.name === undefined ? undefined : className(given.name),
    headers: headers(given.header),
    timeout: milliseconds(given.timeout ?? '60000'),
    force: given.force === true,
  };
}

function isAddress(word) {
  return /^https?:/i.test(word);
}

function address([word, ...others]) {
  if (others.length > 0) throw misuse(`one address is enough; what is ${literal(oneLine(others[0], 60))}?`);
  if (!URL.canParse(word)) throw misuse(`${literal(oneLine(word))} is not an address`);
  const { username, password } = new URL(word);
  if (username !== '' || password !== '') {
    throw misuse("an address cannot hold a password; use --header 'Authorization: Basic …'");
  }
  return word;
}

function files(out) {
  const ending = /(?<!\.d)\.m?[jt]s$/.exec(out)?.[0];
  if (ending === undefined)
    throw misuse(`--out must end in .ts, .mts, .js or .mjs, not as ${literal(oneLine(out))} does`);
  const stem = out.slice(0, -ending.length);
  return LANGUAGES[ending].map(([part, own]) => ({ part, path: stem + own }));
}

function className(name) {
  // A name such as `class` could not be declared; every reserved word is lower case throughout.
  const usable = /^[A-Za-z_$][\w$]*$/.test(name) && !/^[a-z]+$/.test(name) && !RESERVED_TYPES.includes(name);
  if (usable) return name;
  throw misuse(`--name must be a class name such as ${suggestion(name)}, not ${literal(oneLine(name, 60))}`);
}

function suggestion(name) {
  const camel = camelCase(name.normalize('NFD').replace(/[^ -~]/g, ''), 'shop');
  return `${camel[0].toUpperCase()}${camel.slice(1)}Client`;
}

function headers(lines) {
  const made = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(':');
    try {
      if (colon === -1) throw new TypeError('no colon');
      made.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    } catch {
      // The line may hold a secret: it is not repeated.
      throw misuse("--header must be of the form 'Name: value', with characters a header may have");
    }
  }
  return made;
}

function milliseconds(text) {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= LONGEST_TIMER) return value;
  throw misuse(
    `--timeout must be a whole number of milliseconds from 1 to ${LONGEST_TIMER}, not ${literal(oneLine(text, 60))}`,
  );
}
