// Makes a server's text safe: as a comment, as a literal, and on a terminal. A server's text is evidence, not code.

const LONGEST_LINE = 400;
const MOST_LINES = 40;
const DOC_WIDTH = 100;

// Controls, formats (bidirectional marks, zero width, tags), surrogates, private use, unassigned, odd line ends.
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Hidden characters as escapes, so that a reader sees what is there. */
export function visible(text) {
  return text.replace(HIDDEN, escaped);
}

/** The same on one line and cut to size, for messages. */
export function oneLine(text, longest = LONGEST_LINE) {
  return shortened(visible(text.replace(/\s+/g, ' ').trim()), longest);
}

/** A string literal of JavaScript. */
export function literal(text) {
  const quoted = text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return `'${quoted.replace(HIDDEN, escaped)}'`;
}

/** A property's name: bare where it is an identifier. */
export function propertyName(name) {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name);
}

/**
 * A server's text as lines of a doc comment. They cannot end the comment, start a tag, open a fence or show a picture,
 * whatever the server says.
 */
export function docLines(text) {
  if (typeof text !== 'string') return [];
  const lines = text
    .trim()
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => harmless(shortened(visible(line.replaceAll('\t', '  ')).trimEnd(), LONGEST_LINE)))
    .filter((line, place, all) => line !== '' || (place > 0 && all[place - 1] !== ''));
  if (lines.length > MOST_LINES) lines.splice(MOST_LINES, lines.length, '…');
  return lines.flatMap(wrapped);
}

/** A doc comment of those lines, or nothing if there are none. */
export function docComment(lines, indent) {
  if (lines.length === 0) return '';
  if (lines.length === 1 && lines[0].length <= DOC_WIDTH) return `${indent}/** ${lines[0]} */\n`;
  const body = lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n');
  return `${indent}/**\n${body}\n${indent} */\n`;
}

/** A JSON value in a doc comment. */
export function docValue(value) {
  try {
    return docLines(oneLine(JSON.stringify(value), 100)).join(' ');
  } catch {
    return '…'; // nested too deeply to be written
  }
}

/** Outside of code spans no Markdown is left that does anything; a span is kept if it ends on its line. */
function harmless(line) {
  const parts = line.split(/(?<!`)(`[^`]+`)(?!`)/);
  const safe = parts.map((part, place) =>
    place % 2 === 1
      ? part
      : part
          .replace(/`+/g, "'")
          .replace(/<(?=[a-z!/?])/gi, '\\<')
          .replaceAll('![', '!\\['),
  );
  // An address such as a@b.example is no tag. What is in a span may come to begin a line, so it counts too.
  return safe
    .join('')
    .replace(/(?<![\w.%+-])@/g, '\\@')
    .replaceAll('*/', '*\\/');
}

function wrapped(line) {
  const lines = [];
  const indent = /^ */.exec(line)[0];
  let rest = line;
  while (rest.length > DOC_WIDTH) {
    let end = rest.lastIndexOf(' ', DOC_WIDTH);
    if (end <= indent.length) end = rest.indexOf(' ', DOC_WIDTH);
    if (end === -1) break;
    lines.push(rest.slice(0, end));
    rest = indent + rest.slice(end + 1).trimStart();
  }
  return [...lines, rest];
}

function shortened(text, longest) {
  return text.length <= longest ? text : `${text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function escaped(character) {
  const code = character.codePointAt(0);
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
