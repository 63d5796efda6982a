// Makes text from a server safe in a comment, in a literal and on a terminal. It is data and must never become code.

const MAX_LINE = 400;
const MAX_LINES = 40;
const DOC_WIDTH = 100;

// Control and format characters (bidirectional marks, zero width, tags), surrogates, private use, unassigned code
// points, and the line ends U+2028 and U+2029.
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** The text with escapes for hidden characters. */
export function visible(text) {
  return text.replace(HIDDEN, escaped);
}

/** The visible text on one line of limited length, for messages. */
export function oneLine(text, maxLength = MAX_LINE) {
  return shortened(visible(text.replace(/\s+/g, ' ').trim()), maxLength);
}

/** A JavaScript string literal. */
export function literal(text) {
  const quoted = text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return `'${quoted.replace(HIDDEN, escaped)}'`;
}

/** A property name: bare if it is an identifier, else a literal. */
export function propertyName(name) {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name);
}

/**
 * Text from a server as lines of a doc comment. They cannot end the comment, start a tag, open a fence or show an
 * image.
 */
export function docLines(text) {
  if (typeof text !== 'string') return [];
  const lines = text
    .trim()
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => harmless(shortened(visible(line.replaceAll('\t', '  ')).trimEnd(), MAX_LINE)))
    .filter((line, index, all) => line !== '' || (index > 0 && all[index - 1] !== ''));
  if (lines.length > MAX_LINES) lines.splice(MAX_LINES, lines.length, '…');
  return lines.flatMap(wrapped);
}

/** A doc comment with these lines, or an empty text without lines. */
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
    return '…'; // nested too deeply for JSON.stringify
  }
}

/** Escapes the Markdown and HTML of a line, except in code spans that end on this line. */
function harmless(line) {
  const parts = line.split(/(?<!`)(`[^`]+`)(?!`)/);
  const safe = parts.map((part, index) =>
    index % 2 === 1
      ? part
      : part
          .replace(/`+/g, "'")
          .replace(/<(?=[a-z!/?])/gi, '\\<')
          .replaceAll('![', '!\\['),
  );
  // An e-mail address such as a@b.example is no tag. Spans are escaped too, because wrapping may put one first on a
  // line.
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

function shortened(text, maxLength) {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function escaped(character) {
  const code = character.codePointAt(0);
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
