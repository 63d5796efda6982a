// The README: its examples compile and run, and its tables are complete.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { MCPClient } from '../dist/mcp-autoheal.js';
import { autoheal, installed, PACKAGE, project, run } from './generate/harness.mjs';
import { examplesIn, programText, withoutTypes } from './readme/examples.mjs';
import { startShop } from './readme/shop.mjs';

const README = await readFile(join(PACKAGE, 'README.md'), 'utf8');
const TYPES = await readFile(join(PACKAGE, 'mcp-autoheal.d.ts'), 'utf8');
const COMPILER = {
  ...{ strict: true, noEmit: true, allowJs: true, checkJs: true, types: [] },
  ...{ target: 'es2022', module: 'nodenext', lib: ['es2022', 'dom'] },
};

test('the examples compile, run, and print the output in their comments', async (t) => {
  const folder = await project(t);
  const shop = await startShop(t);
  const page = `--import=${join(PACKAGE, 'test/readme/page.mjs')}`;
  const options = { cwd: folder, env: { SHOP: shop.origin, NODE_OPTIONS: page } };
  const write = (file, text) => writeFile(join(folder, file), text);
  const examples = examplesIn(README);

  for (const { text } of examples.filter(({ language }) => language === 'sh')) await runCommand(text.trim(), options);

  const programs = examples.filter(({ language }) => language !== 'sh');
  for (const { language } of programs) assert.match(language, /^(js|ts|html)$/, 'a language that this test cannot run');
  for (const { name, language, text } of programs) await write(`${name}.${language}`, programText({ language, text }));
  // HTML examples are not type-checked: their scripts have no types and run only in browsers.
  const typed = programs.filter(({ language }) => language !== 'html');
  const files = typed.map(({ name, language }) => `${name}.${language}`);
  await write('tsconfig.json', JSON.stringify({ compilerOptions: COMPILER, files }));
  const compiled = await run(installed('.bin/tsc'), ['--project', '.'], { cwd: folder });
  assert.deepEqual(compiled, { code: 0, stdout: '', stderr: '' });

  // One process for all examples. It must end by itself.
  await write('shop.js', await withoutTypes(await readFile(join(folder, 'shop.ts'), 'utf8')));
  for (const example of programs) await write(`${example.name}.mjs`, await withoutTypes(programText(example)));
  const inTurn = programs.map(({ name }) => `console.log('# ${name}');\nawait import('./${name}.mjs');\n`);
  await write('all.mjs', inTurn.join(''));
  const { code, stdout, stderr } = await run(process.execPath, ['all.mjs'], options);
  const expected = programs.flatMap(({ name, expected }) => [`# ${name}`, ...expected]);
  assert.equal(stdout, expected.map((line) => `${line}\n`).join(''), stderr);
  assert.equal(code, 0, stderr);

  assert.deepEqual(shop.unknown, [], 'methods that the shop does not have');
  const keyed = shop.reports.filter(({ url }) => url === '/report-error?key=shop-page');
  const messages = keyed.map(({ report }) => `${report.release}: ${report.error_message}`);
  assert.deepEqual(messages, ['shop@2.4.1: The cart is empty']);
  const reports = shop.reports.map(({ text }) => text).join('\n');
  assert.match(reports, /No table is free/);
  assert.doesNotMatch(reports, /Ann Miller/, 'the example with beforeSend removes the parameters');
});

/** Runs a line of a shell example. */
async function runCommand(line, options) {
  if (line === 'npm install mcp-autoheal') {
    return assert.equal(JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')).name, 'mcp-autoheal');
  }
  const [npx, name, ...words] = line.split(' ');
  assert.deepEqual([npx, name], ['npx', 'mcp-autoheal'], 'a command that this test cannot run');
  const { code, stderr } = await autoheal(words, options);
  assert.equal(code, 0, stderr);
}

test('the tables name all options and error codes', () => {
  assert.deepEqual(rows('Client options'), members('interface MCPClientOptions'));
  assert.deepEqual(rows('Call options'), members('interface CallOptions'));
  assert.deepEqual(rows('Reporting options'), members('interface ReportingOptions'));

  const codes = /type LocalErrorCode =([^;]*)/.exec(TYPES)[1].match(/\w+(?=['$])/g);
  assert.deepEqual(rows('Errors').map((code) => code.replace(/_\d+$/, '_')), codes.sort());
});

test('the types and the table of methods name every member of the client', () => {
  const isPublic = (name) => name !== 'constructor' && !name.startsWith('_');
  const client = new MCPClient();
  const actual = [...Object.getOwnPropertyNames(MCPClient.prototype), ...Object.keys(client)];
  assert.deepEqual(members('declare class MCPClient'), actual.sort());
  assert.deepEqual(rows('Methods'), actual.filter(isPublic));
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
