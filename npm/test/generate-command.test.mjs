// The command line as a user types it: options, files, exit codes.

import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';

import { Progress } from '../generate/command.js';
import { autoheal, PACKAGE, project, RICH, typeCheck } from './generate/harness.mjs';

test('--help begins with examples, and --version prints the version of the package', async () => {
  for (const words of [['--help'], ['-h'], ['generate', '--help'], ['generate', 'node', 'x.mjs', '-h']]) {
    const { code, stdout, stderr } = await autoheal(words);
    assert.equal(code, 0);
    assert.match(stdout, /^Examples:\n {2}npx mcp-autoheal generate https:/);
    assert.equal(stderr, '');
  }
  const { version } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'));
  assert.equal((await autoheal(['--version'])).stdout, `${version}\n`);
});

const wrongCommandLines = [
  [[], /a command is missing: generate, --help or --version/],
  [['genrate'], /there is no command 'genrate'; use generate, --help or --version/],
  [['generate'], /a server is missing/],
  [['generate', '--'], /a server is missing/],
  [['generate', '--outt', 'x.ts', 'node'], /there is no option --outt/],
  [['generate', 'https://a.example', '--outt'], /there is no option --outt/],
  [
    ['generate', 'https://a.example', 'https://b.example'],
    /only one address is possible; remove 'https:\/\/b\.example'/,
  ],
  [['generate', 'https://'], /'https:\/\/' is not an address/],
  [['generate', 'https://me:secret@a.example'], /an address must not contain a password/],
  [['generate', '--outt=hunter2', 'node'], /there is no option --outt\n/],
  [['generate', '-fh', 'node'], /there is no option -fh/],
  [['generate', '--force=yes', 'node'], /--force takes no value/],
  [['generate', 'node', '--out'], /--out needs a value/],
  [['generate', 'node', '--out', 'a.ts', '--out=b.ts'], /--out is given twice/],
  [['generate', 'node', '--out', 'shop.txt'], /--out must end in \.ts, \.mts, \.js or \.mjs/],
  [['generate', 'node', '--out', 'shop.d.ts'], /--out must end in/],
  [['generate', 'node', '--name', 'my shop'], /--name must be a class name such as MyShopClient, not 'my shop'/],
  [['generate', 'node', '--name', 'class'], /such as ClassClient/],
  [['generate', 'node', '--name', 'MCPClient'], /--name must be a class name/],
  [['generate', 'node', '--timeout', '5s'], /--timeout must be a whole number of milliseconds from 1 to \d+, not '5s'/],
  [['generate', 'node', '--header', 'A: b'], /--header is for an address/],
  [['generate', 'https://a.example', '--header', 'hunter2'], /--header must be of the form 'Name: value'/],
  [['generate', 'https://a.example', '--header', 'A: hunter2\nB: c'], /--header must be of the form/],
];
for (const [words, message] of wrongCommandLines) {
  test(`refused: ${JSON.stringify(words)}`, async () => {
    const { code, stdout, stderr } = await autoheal(words);
    assert.match(stderr, message);
    assert.match(stderr, /\nSee mcp-autoheal (generate )?--help\n$/);
    assert.doesNotMatch(stderr, /hunter2|secret@/);
    assert.equal(code, 2);
    assert.equal(stdout, '');
  });
}

test('a file is written again only if its content has changed', async (t) => {
  const folder = await project(t);
  const words = ['generate', '--out', 'shop.ts', '--', ...RICH];
  const first = await autoheal(words, { cwd: folder });
  assert.match(first.stderr, /\nshop\.ts: RichShopClient with 6 tools of rich-shop\n$/);
  assert.equal(first.code, 0);
  await utimes(join(folder, 'shop.ts'), 1, 1);
  const second = await autoheal(words, { cwd: folder });
  assert.match(second.stderr, /\nshop\.ts: nothing has changed\n$/);
  assert.equal((await stat(join(folder, 'shop.ts'))).mtimeMs, 1000);
  assert.deepEqual((await readdir(folder)).sort(), ['node_modules', 'package.json', 'shop.ts']);
});

test('JavaScript comes with a declaration file as strict as the TypeScript', async (t) => {
  const folder = await project(t);
  const { code } = await autoheal(['generate', '--out=shop.mjs', '--name=Till', ...RICH], { cwd: folder });
  assert.equal(code, 0);
  const use = `import { Till, type PlaceOrderArguments } from './shop.mjs';
    export async function order(args: PlaceOrderArguments): Promise<number | undefined> {
      return (await new Till('/mcp').placeOrder(args, { timeout: 5 })).structuredContent?.total;
    }
    // @ts-expect-error the payment is missing
    void order({ items: [], shipTo: { street: 'x' } });`;
  await typeCheck(folder, { 'use.ts': use, 'shop.d.mts': undefined });
  const { Till } = await import(join(folder, 'shop.mjs'));
  assert.equal(typeof Till.prototype.placeOrder, 'function');
});

test('a file that was not generated is overwritten only with --force', async (t) => {
  const folder = await project(t);
  await writeFile(join(folder, 'own.d.mts'), 'export {};\n');
  const words = ['generate', '--out', 'own.mjs', '--', process.execPath, '-e', 'process.exit(9)'];
  const { code, stderr } = await autoheal(words, { cwd: folder });
  assert.equal(code, 1);
  // The server was not started: otherwise the message would be about its exit.
  assert.match(stderr, /^mcp-autoheal: own\.d\.mts exists and was not generated by mcp-autoheal; .* --force\n$/);
  assert.equal(await readFile(join(folder, 'own.d.mts'), 'utf8'), 'export {};\n');

  const forced = await autoheal(['generate', '--force', '--out', 'own.mjs', '--', ...RICH], { cwd: folder });
  assert.equal(forced.code, 0);
  assert.match(await readFile(join(folder, 'own.d.mts'), 'utf8'), /^\/\/ Generated by mcp-autoheal from /);
});

test('a symbolic link stays one, and a file keeps its mode', async (t) => {
  const folder = await project(t);
  await writeFile(join(folder, 'real.ts'), '// Generated by mcp-autoheal from an older server.\n');
  await chmod(join(folder, 'real.ts'), 0o640);
  await symlink('real.ts', join(folder, 'shop.ts'));
  const { code } = await autoheal(['generate', '--out', 'shop.ts', '--', ...RICH], { cwd: folder });
  assert.equal(code, 0);
  assert.ok((await lstat(join(folder, 'shop.ts'))).isSymbolicLink());
  assert.equal((await stat(join(folder, 'real.ts'))).mode & 0o777, 0o640);
  assert.match(await readFile(join(folder, 'real.ts'), 'utf8'), /class RichShopClient/);
});

test('a path that cannot be written is named in the failure', async (t) => {
  const folder = await project(t);
  await mkdir(join(folder, 'taken.ts'));
  const missing = await autoheal(['generate', '--out', 'no/where.ts', '--', ...RICH], { cwd: folder });
  assert.match(missing.stderr, /^mcp-autoheal: no\/where\.ts: the folder no does not exist; create it first\n$/);
  const taken = await autoheal(['generate', '--out', 'taken.ts', '--', ...RICH], { cwd: folder });
  assert.match(taken.stderr, /^mcp-autoheal: taken\.ts is not a file/);
  assert.deepEqual([missing.code, taken.code], [1, 1]);
});

test('the header of the file has the command without its secrets', async () => {
  const words = [
    '--token',
    'hunter2',
    'API_KEY=hunter2',
    '--url',
    'https://a.example/?k=hunter2',
    '--db=pg://me:hunter2@b.example',
    'it is',
  ];
  const { stdout } = await autoheal(['generate', '--timeout', '9000', '--name', 'X', ...RICH, ...words]);
  const line = stdout.split('\n')[2];
  assert.match(line, /^\/\/ {3}npx mcp-autoheal generate --name X -- \S+ \S+serve\.mjs --token '…' 'API_KEY=…' --url /);
  assert.match(line, /--url 'https:\/\/a\.example\/\?k=…' '--db=pg:\/\/…@b\.example' 'it is'$/);
  assert.doesNotMatch(stdout, /hunter2/);
});

test('options of the server’s command are passed on unchanged', async () => {
  const { stdout } = await autoheal([
    'generate',
    ...RICH,
    '-a-b',
    '-yh',
    '--name',
    'X',
    '--level=2',
    '--',
    '--name',
    'y',
  ]);
  assert.match(stdout.split('\n')[2], / generate --name X -- \S+ \S+serve\.mjs -a-b -yh --level=2 --name y$/);
});

test('progress is shown only on a terminal', () => {
  const lines = (isTTY) => {
    const stream = Object.assign(new PassThrough(), { isTTY });
    const progress = new Progress(stream);
    progress.show('3 tools listed …');
    progress.clear();
    return stream.read()?.toString() ?? '';
  };
  assert.equal(lines(true), '\r\u001b[K3 tools listed …\r\u001b[K');
  assert.equal(lines(false), '');
});
