// Extracts the examples of the README and turns them into programs that Node can run.

import { transform } from 'esbuild';

// Added to an example without imports, which uses the client of its section.
const BEGINNING = `import { MCPClient, MCPError } from 'mcp-autoheal';
const client = new MCPClient('https://shop.example/mcp', { reportErrors: true });
`;
const END = 'await client.close();\n';

/** The fenced blocks in order: `{name, language, text, expected}`. `expected` is the output in its comments. */
export function examplesIn(readme) {
  let heading;
  const found = [];
  for (const [, title, language, text] of readme.matchAll(/^#+ (.*)$|^```(.*)\n([^]*?)^```$/gm)) {
    heading = title ?? heading;
    if (title !== undefined) continue;
    const name = `${found.length + 1}-${heading.match(/\w+/g).join('-')}`;
    found.push({ name, language, text, expected: [...text.matchAll(/\/\/ → (.*)/g)].map(([, line]) => line) });
  }
  return found;
}

/** The complete program of an example. */
export function programText({ language, text }) {
  if (language === 'html') return pageProgram(text);
  return /^import /m.test(text) ? text : BEGINNING + text + END;
}

/** The program without types. */
export async function withoutTypes(text) {
  return (await transform(text, { loader: 'ts' })).code;
}

/** The scripts of a page as one program: classic scripts first, the module last, as in browsers. */
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
