// The command `generate`: check the words, ask the server, write the module.

import { parseArguments } from './arguments.js';
import { commandLine } from './command-line.js';
import { mayWrite, writeFiles } from './files.js';
import { GENERATE_HELP } from './help.js';
import { moduleText } from './module.js';
import { camelCase, methodNames, pascalCase, RESERVED_TYPES } from './names.js';
import { toolsOfCommand } from './stdio-tools.js';
import { literal, oneLine } from './text.js';
import { toolsOfAddress } from './url-tools.js';

const ENDINGS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const CLEAR_LINE = '\r\u001b[K';

/** Runs `generate` with the words after it. `version` is this package's. */
export async function generate(words, { version, stdout, stderr }) {
  const settings = parseArguments(words);
  if (settings.help) return void stdout.write(GENERATE_HELP);
  const paths = settings.files?.map(({ path }) => path) ?? [];
  await mayWrite(paths, settings.force);

  const progress = new Progress(stderr);
  const { info, tools, skipped } = await ask(settings, version, progress).finally(() => progress.clear());
  const server = { name: said(info?.name) || placeOf(settings.target), version: said(info?.version) };
  const className = settings.name ?? nameFor(said(info?.name) || hostOf(settings.target));
  const contents = { server, tools, command: commandLine(settings), className };
  for (const note of [...skipped, ...renamed(tools)]) stderr.write(`mcp-autoheal: note: ${note}\n`);

  if (settings.files === undefined) return void stdout.write(moduleText(contents, 'typescript'));
  const files = settings.files.map(({ part, path }) => ({ path, text: moduleText(contents, part) }));
  const haveChanged = await writeFiles(files);
  const count = tools.length === 1 ? '1 tool' : `${tools.length} tools`;
  const outcome = haveChanged ? `${className} with ${count} of ${server.name}` : 'nothing has changed';
  stderr.write(`${paths.join(', ')}: ${outcome}\n`);
}

async function ask({ target, timeout, headers }, version, progress) {
  const onProgress = (count) => progress.show(`${count} tools listed …`);
  if (target.url !== undefined) {
    progress.show(`Asking ${oneLine(new URL(target.url).host)} for its tools …`);
    return toolsOfAddress(target.url, { timeout, headers, onProgress });
  }
  progress.show(`Starting ${oneLine(target.command.join(' '), 60)} …`);
  const client = { name: 'mcp-autoheal', version };
  const stopped = {};
  const started = (server) => {
    for (const [signal, exitCode] of Object.entries(ENDINGS)) {
      stopped[signal] = () => {
        server.kill(); // it is in a group of its own, which no signal from the terminal reaches
        process.exit(exitCode);
      };
      process.once(signal, stopped[signal]);
    }
  };
  try {
    return await toolsOfCommand(target.command, { timeout, client, onProgress, started });
  } finally {
    for (const [signal, handler] of Object.entries(stopped)) process.off(signal, handler);
  }
}

/** One line on a terminal that says what is being waited for; nothing anywhere else. */
export class Progress {
  #terminal;

  constructor(stream) {
    this.#terminal = stream.isTTY ? stream : undefined;
  }

  show(text) {
    this.#terminal?.write(CLEAR_LINE + text);
  }

  clear() {
    this.#terminal?.write(CLEAR_LINE);
  }
}

/** A name or version as the server gives it, on one line. */
function said(value) {
  return typeof value === 'string' ? oneLine(value, 100) : '';
}

function placeOf(target) {
  return hostOf(target) || 'without a name';
}

function hostOf({ url }) {
  return url === undefined ? '' : new URL(url).host;
}

function nameFor(server) {
  const pascal = pascalCase(server.normalize('NFD').replace(/[^ -~]/g, ''), 'Server');
  return /.client$/i.test(pascal) && !RESERVED_TYPES.includes(pascal) ? pascal : `${pascal}Client`;
}

/** Methods that are not called as one would guess from their tools. */
function renamed(tools) {
  return [...methodNames(tools.map(({ name }) => name))]
    .filter(([tool, method]) => method !== camelCase(tool))
    .map(([tool, method]) => `the tool ${literal(oneLine(tool, 60))} became the method ${method}`);
}
