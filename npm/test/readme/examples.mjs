// The README's examples: found, made whole, and turned into programs that Node runs.

import { transform } from 'esbuild';

// An example without imports goes on with the client of its section.
const BEGINNING = `import { MCPClient, MCPError } from 'mcp-autoheal';
const client = new MCPClient('https://shop.example/mcp', { reportErrors: true });
`;
const END = 'await client.close();\n';

/** The fenced blocks in order: `{name, language, text, promised}`, the last being what it says that it prints. */
export function examplesIn(readme) {
  let heading;
  const found = [];
  for (const [, title, language, text] of readme.matchAll(/^#+ (.*)$|^```(.*)\n([^]*?)^```$/gm)) {
    heading = title ?? heading;
    if (title !== undefined) continue;
    const name = `${found.length + 1}-${heading.match(/\w+/g).join('-')}`;
    found.push({ name, language, text, promised: [...text.matchAll(/\/\/ → (.*)/g)].map(([, line]) => line) });
  }
  return found;
}

/** What the compiler is to see of an example. */
export function wholeText({ language, text }) {
  if (language === 'html') return pageProgram(text);
  return /^import /m.test(text) ? text : BEGINNING + text + END;
}

/** The same without types. */
export async function withoutTypes(text) {
  return (await transform(text, { loader: 'ts' })).code;
}

/** A page's scripts as one program: classic ones run as such, and the module last, as in browsers. */
function pageProgram(text) {
  const lines = [];
  for (const [, path] of text.matchAll(/<script src="(.*?)">/g)) {
    lines.push(
      `const { readFileSync } = process.getBuiltinModule('node:fs');`,
      `process.getBuiltinModule('node:vm').runInThisContext(readFileSync('${path}', 'utf8'));`,
    );
  }
  const [, module] = /<script type="module">\n([^]*?)<\/script>/.exec(text);
  return [...lines, module].join('\n');
}
