// The command `generate`: parses its arguments, requests the tools of the server, writes the module.

import { parseArguments } from './arguments.js';
import { commandLine } from './command-line.js';
import { checkWritable, writeFiles } from './files.js';
import { GENERATE_HELP } from './help.js';
import { moduleText } from './module.js';
import { camelCase, methodNames, pascalCase, RESERVED_TYPES } from './names.js';
import { toolsOfCommand } from './stdio-tools.js';
import { literal, oneLine } from './text.js';
import { toolsOfUrl } from './url-tools.js';

const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const CLEAR_LINE = '\r\u001b[K';

/** Runs `generate` with the words after it. `version` is the version of this package. */
export async function generate(words, { version, stdout, stderr }) {
  const settings = parseArguments(words);
  if (settings.help) return void stdout.write(GENERATE_HELP);
  const paths = settings.files?.map(({ path }) => path) ?? [];
  await checkWritable(paths, settings.force);

  const progress = new Progress(stderr);
  const { info, tools, skipped } = await requestTools(settings, version, progress).finally(() => progress.clear());
  const serverName = infoText(info?.name) || hostOf(settings.target);
  const server = { name: serverName || 'without a name', version: infoText(info?.version) };
  const className = settings.name ?? classNameFor(serverName);
  const contents = { server, tools, command: commandLine(settings), className };
  for (const note of [...skipped, ...renameNotes(tools)]) stderr.write(`mcp-autoheal: note: ${note}\n`);

  if (settings.files === undefined) return void stdout.write(moduleText(contents, 'typescript'));
  const files = settings.files.map(({ part, path }) => ({ path, text: moduleText(contents, part) }));
  const haveChanged = await writeFiles(files);
  const count = tools.length === 1 ? '1 tool' : `${tools.length} tools`;
  const outcome = haveChanged ? `${className} with ${count} of ${server.name}` : 'nothing has changed';
  stderr.write(`${paths.join(', ')}: ${outcome}\n`);
}

async function requestTools({ target, timeout, headers }, version, progress) {
  const onProgress = (count) => progress.show(`${count} tools listed …`);
  if (target.url !== undefined) {
    progress.show(`Requesting the tools of ${oneLine(new URL(target.url).host)} …`);
    return toolsOfUrl(target.url, { timeout, headers, onProgress });
  }
  progress.show(`Starting ${oneLine(target.command.join(' '), 60)} …`);
  const client = { name: 'mcp-autoheal', version };
  const signalHandlers = {};
  const onStart = (server) => {
    for (const [signal, exitCode] of Object.entries(SIGNAL_EXIT_CODES)) {
      signalHandlers[signal] = () => {
        server.kill(); // it has a process group of its own, so no signal of the terminal reaches it
        process.exit(exitCode);
      };
      process.once(signal, signalHandlers[signal]);
    }
  };
  try {
    return await toolsOfCommand(target.command, { timeout, client, onProgress, onStart });
  } finally {
    for (const [signal, handler] of Object.entries(signalHandlers)) process.off(signal, handler);
  }
}

/** Progress on one line of a terminal. Writes nothing to a stream that is not a terminal. */
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

/** A name or version from the server on one line; empty if it is not text. */
function infoText(value) {
  return typeof value === 'string' ? oneLine(value, 100) : '';
}

function hostOf({ url }) {
  return url === undefined ? '' : new URL(url).host;
}

function classNameFor(serverName) {
  const pascal = pascalCase(serverName.normalize('NFD').replace(/[^ -~]/g, ''), 'Server');
  return /.client$/i.test(pascal) && !RESERVED_TYPES.includes(pascal) ? pascal : `${pascal}Client`;
}

/** A note for each tool whose method does not have the expected name. */
function renameNotes(tools) {
  return [...methodNames(tools.map(({ name }) => name))]
    .filter(([tool, method]) => method !== camelCase(tool))
    .map(([tool, method]) => `the method of the tool ${literal(oneLine(tool, 60))} is ${method}`);
}
