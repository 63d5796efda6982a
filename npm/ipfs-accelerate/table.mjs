// Reads calls.txt: every call with its parameters, and what is sent for them.

import { readFileSync } from 'node:fs';

const KINDS = ['options', 'methods', 'tools', 'batch', 'inherited'];

/** The calls and the named options, in the order of the file. A line that cannot be read is an error that quotes it. */
export function readTable(file = new URL('calls.txt', import.meta.url)) {
  const calls = [];
  const options = new Map();
  let kind;
  let title;
  for (const line of readFileSync(file, 'utf8').replaceAll(/\n +/g, ' ').split('\n')) {
    if (line === '' || line.startsWith('//')) continue;
    if (line.startsWith('#')) {
      [, kind, title] = matched(/^# (\w+)(?:: (.+))?$/, line, 'heading');
      if (!KINDS.includes(kind)) throw new Error(`calls.txt: "${kind}" is none of ${KINDS.join(', ')}`);
    } else if (kind === 'options') {
      const [, name, type, sentence] = matched(/^(\w+): (\w+) \| (\S.*\.)$/, line, 'option');
      options.set(name, { name, type, sentence });
    } else {
      calls.push({ kind, title, ...readCall(line, options) });
    }
  }
  const names = calls.map(({ name }) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice) throw new Error(`calls.txt: "${twice}" is there twice`);
  return { calls, options };
}

function readCall(line, known) {
  const [, name, list, wire, sentence] = matched(/^(\w+)\((.*)\)(?: -> (\S+))? \| (\S.*\.)$/, line, 'call');
  const parameters = [];
  const options = [];
  let rest;
  for (const text of apart(list)) {
    if (rest || options.length > 0) throw new Error(`calls.txt: nothing can follow what is last: ${line}`);
    if (text.startsWith('...')) rest = readParameter(text.slice(3), 'object');
    else if (text.startsWith('{')) options.push(...apart(text.slice(1, -1)).map((option) => readOption(option, known)));
    else parameters.push(readParameter(text));
  }
  return { name, wire: wire ?? snakeCase(name), parameters, options, rest, sentence };
}

function readOption(text, known) {
  const option = readParameter(text);
  if (!known.has(option.name)) throw new Error(`calls.txt: "${option.name}" is not among the options`);
  return { ...option, type: known.get(option.name).type };
}

/** `initial` is the default as a value; `undefined` means that there is none. */
function readParameter(text, otherwise = 'string') {
  const [, name, wire, type, literal] = matched(
    /^(\w+)(?: as (\w+))?(?:: ([^=]+?))?(?: = (.+))?$/,
    text,
    'parameter',
  );
  const initial = literal && JSON.parse(literal.replaceAll("'", '"'));
  const natural = initial === undefined || typeof initial === 'object' ? otherwise : typeof initial;
  return { name, wire: wire ?? snakeCase(name), type: type ?? natural, literal, initial };
}

/** The parts of a list; commas within braces part nothing. */
function apart(list) {
  return list === '' ? [] : list.split(/, (?![^{]*\})/);
}

export function snakeCase(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function matched(pattern, text, what) {
  const found = pattern.exec(text);
  if (!found) throw new Error(`calls.txt: this is no ${what}: ${text}`);
  return found;
}
