// Parses calls.txt.

import { readFileSync } from 'node:fs';

const KINDS = ['options', 'methods', 'tools', 'batch', 'inherited'];

/** The calls and the named options, in the order of the file. A line that cannot be parsed is an error that quotes it. */
export function readTable(file = new URL('calls.txt', import.meta.url)) {
  const calls = [];
  const options = new Map();
  let kind;
  let title;
  for (const line of readFileSync(file, 'utf8').replaceAll(/\n +/g, ' ').split('\n')) {
    if (line === '' || line.startsWith('//')) continue;
    if (line.startsWith('#')) {
      [, kind, title] = matched(/^# (\w+)(?:: (.+))?$/, line, 'heading');
      if (!KINDS.includes(kind)) throw new Error(`calls.txt: "${kind}" is not one of ${KINDS.join(', ')}`);
    } else if (kind === 'options') {
      const [, name, type, sentence] = matched(/^(\w+): (\w+) \| (\S.*\.)$/, line, 'option');
      options.set(name, { name, type, sentence });
    } else {
      calls.push({ kind, title, ...readCall(line, options) });
    }
  }
  const names = calls.map(({ name }) => name);
  const duplicate = names.find((name, index) => names.indexOf(name) !== index);
  if (duplicate) throw new Error(`calls.txt: "${duplicate}" is defined twice`);
  return { calls, options };
}

function readCall(line, declared) {
  const [, name, list, wire, sentence] = matched(/^(\w+)\((.*)\)(?: -> (\S+))? \| (\S.*\.)$/, line, 'call');
  const parameters = [];
  const options = [];
  let rest;
  for (const text of split(list)) {
    if (rest || options.length > 0) throw new Error(`calls.txt: options or ...name must be the last parameter: ${line}`);
    if (text.startsWith('...')) rest = readParameter(text.slice(3), 'object');
    else if (text.startsWith('{')) options.push(...split(text.slice(1, -1)).map((option) => readOption(option, declared)));
    else parameters.push(readParameter(text));
  }
  return { name, wire: wire ?? snakeCase(name), parameters, options, rest, sentence };
}

function readOption(text, declared) {
  const option = readParameter(text);
  if (!declared.has(option.name)) throw new Error(`calls.txt: "${option.name}" is not one of the options`);
  return { ...option, type: declared.get(option.name).type };
}

/** `initial` is the value of the default; undefined without a default. */
function readParameter(text, defaultType = 'string') {
  const [, name, wire, type, literal] = matched(
    /^(\w+)(?: as (\w+))?(?:: ([^=]+?))?(?: = (.+))?$/,
    text,
    'parameter',
  );
  const initial = literal && JSON.parse(literal.replaceAll("'", '"'));
  const inferredType = initial === undefined || typeof initial === 'object' ? defaultType : typeof initial;
  return { name, wire: wire ?? snakeCase(name), type: type ?? inferredType, literal, initial };
}

/** The parts of a list. Commas within braces do not separate parts. */
function split(list) {
  return list === '' ? [] : list.split(/, (?![^{]*\})/);
}

export function snakeCase(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function matched(pattern, text, kind) {
  const match = pattern.exec(text);
  if (!match) throw new Error(`calls.txt: not a valid ${kind}: ${text}`);
  return match;
}
