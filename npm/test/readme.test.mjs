// The README: its examples pass the compiler and run, and its tables name what there is.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { MCPClient } from '../dist/mcp-autoheal.js';
import { autoheal, installed, PACKAGE, project, run } from './generate/harness.mjs';
import { examplesIn, wholeText, withoutTypes } from './readme/examples.mjs';
import { startShop } from './readme/shop.mjs';

const README = await readFile(join(PACKAGE, 'README.md'), 'utf8');
const TYPES = await readFile(join(PACKAGE, 'mcp-autoheal.d.ts'), 'utf8');
const COMPILER = {
  ...{ strict: true, noEmit: true, allowJs: true, checkJs: true, types: [] },
  ...{ target: 'es2022', module: 'nodenext', lib: ['es2022', 'dom'] },
};

test('the examples pass the compiler, run, and print what they say', async (t) => {
  const folder = await project(t);
  const shop = await startShop(t);
  const page = `--import=${join(PACKAGE, 'test/readme/page.mjs')}`;
  const options = { cwd: folder, env: { SHOP: shop.origin, NODE_OPTIONS: page } };
  const write = (file, text) => writeFile(join(folder, file), text);
  const examples = examplesIn(README);

  for (const { text } of examples.filter(({ language }) => language === 'sh')) await obey(text.trim(), options);

  const programs = examples.filter(({ language }) => language !== 'sh');
  for (const { language } of programs) assert.match(language, /^(js|ts|html)$/, 'a language nobody runs here');
  for (const { name, language, text } of programs) await write(`${name}.${language}`, wholeText({ language, text }));
  // What stands in a page has no types: its script is seen by browsers only.
  const typed = programs.filter(({ language }) => language !== 'html');
  const files = typed.map(({ name, language }) => `${name}.${language}`);
  await write('tsconfig.json', JSON.stringify({ compilerOptions: COMPILER, files }));
  const compiled = await run(installed('.bin/tsc'), ['--project', '.'], { cwd: folder });
  assert.deepEqual(compiled, { code: 0, stdout: '', stderr: '' });

  // One process for all of them, which has to end by itself.
  await write('shop.js', await withoutTypes(await readFile(join(folder, 'shop.ts'), 'utf8')));
  for (const example of programs) await write(`${example.name}.mjs`, await withoutTypes(wholeText(example)));
  const inTurn = programs.map(({ name }) => `console.log('# ${name}');\nawait import('./${name}.mjs');\n`);
  await write('all.mjs', inTurn.join(''));
  const { code, stdout, stderr } = await run(process.execPath, ['all.mjs'], options);
  const promised = programs.flatMap(({ name, promised }) => [`# ${name}`, ...promised]);
  assert.equal(stdout, promised.map((line) => `${line}\n`).join(''), stderr);
  assert.equal(code, 0, stderr);

  assert.deepEqual(shop.unknown, [], 'methods the shop does not have');
  const keyed = shop.reports.filter(({ url }) => url === '/report-error?key=shop-page');
  const told = keyed.map(({ report }) => `${report.release}: ${report.error_message}`);
  assert.deepEqual(told, ['shop@2.4.1: The cart is empty']);
  const reports = shop.reports.map(({ text }) => text).join('\n');
  assert.match(reports, /No table is free/);
  assert.doesNotMatch(reports, /Ann Miller/, 'the example that leaves parameters out');
});

/** Does what a line for the shell says. */
async function obey(line, options) {
  if (line === 'npm install mcp-autoheal') {
    return assert.equal(JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')).name, 'mcp-autoheal');
  }
  const [npx, name, ...words] = line.split(' ');
  assert.deepEqual([npx, name], ['npx', 'mcp-autoheal'], 'a command nobody runs here');
  const { code, stderr } = await autoheal(words, options);
  assert.equal(code, 0, stderr);
}

test('the tables name every option, method and code there is, and no other', () => {
  assert.deepEqual(rows('Client options'), members('interface MCPClientOptions'));
  assert.deepEqual(rows('Call options'), members('interface CallOptions'));
  assert.deepEqual(rows('Reporting options'), members('interface ReportingOptions'));

  const codes = /type LocalErrorCode =([^;]*)/.exec(TYPES)[1].match(/\w+(?=['$])/g);
  assert.deepEqual(rows('Errors').map((code) => code.replace(/_\d+$/, '_')), codes.sort());
});

test('the types and the table of methods name every member of the client', () => {
  const isPublic = (name) => name !== 'constructor' && !name.startsWith('_');
  const client = new MCPClient();
  const there = [...Object.getOwnPropertyNames(MCPClient.prototype), ...Object.keys(client)];
  assert.deepEqual(members('declare class MCPClient'), there.sort());
  assert.deepEqual(rows('Methods'), there.filter(isPublic));
});

/** The names in the first column of the table below a heading. */
function rows(heading) {
  const [section] = README.split(new RegExp(`^#+ ${heading}$`, 'm'))[1].split(/^#/m);
  const cells = [...section.matchAll(/^\| (`.*?) \|/gm)].map(([, cell]) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)/g)].map(([, name]) => name)).sort();
}

/** The names of an interface's or a class's members. */
function members(declaration) {
  const [, body] = new RegExp(`^export ${declaration} \\{\\n([^]*?)^\\}`, 'm').exec(TYPES);
  const names = [...body.matchAll(/^ {2}(?:protected |readonly |get )?(\w+)/gm)].map(([, name]) => name);
  return [...new Set(names)].sort();
}
