// The lines of a function, and the lines that a patch changes.

/** The head of a function in each language, by the ending of its file. */
const HEADS = {
  py: (name) => `^\\s*(async )?def ${name}\\(`,
  mjs: (name) => `(function ${name}\\(|^\\s*${name}\\(.*\\) \\{$)`,
  rs: (name) => `\\bfn ${name}\\(`,
  java: (name) => `\\b${name}\\(.*\\) \\{$`,
  cpp: (name) => `\\b${name}\\(.*\\) \\{$`,
  pm: (name) => `^sub ${name} `,
};

/** First and last line of a function, counted from 1. */
export function functionLines(text, file, name) {
  const lines = text.split('\n');
  const head = new RegExp(HEADS[file.split('.').pop()](name));
  const at = lines.findIndex((line) => head.test(line));
  if (at < 0) throw new Error(`${file} has no function ${name}`);
  const indent = (line) => line.search(/\S|$/);
  // each program is indented, so a function ends before or on the next line that is not indented more than its head
  const length = lines.slice(at + 1).findIndex((line) => line.trim() !== '' && indent(line) <= indent(lines[at]));
  const end = length < 0 ? lines.length - 1 : at + 1 + length;
  const isClosing = /^\s*\}/.test(lines[end] ?? '');
  let last = isClosing || length < 0 ? end : end - 1;
  while (last > at && lines[last].trim() === '') last -= 1;
  return { from: at + 1, to: last + 1 };
}

/** The lines of the original files that a patch removes, or after which it adds lines. */
export function changedLines(patch) {
  const changed = [];
  let [file, line] = ['', 0];
  for (const text of patch.split('\n')) {
    const start = /^@@ -(\d+)/.exec(text);
    if (text.startsWith('--- a/')) file = text.slice('--- a/'.length);
    else if (text.startsWith('+++')) continue;
    else if (start) line = Number(start[1]);
    else if (text.startsWith('-')) changed.push({ file, line: line++ });
    else if (text.startsWith('+')) changed.push({ file, line: line - 1 });
    else line += 1;
  }
  return changed;
}
