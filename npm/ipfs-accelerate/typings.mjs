// Generates the types of the class, with a doc comment for each member.

const WIDTH = 120;

/** The text of dist/ipfs-accelerate.d.ts. */
export function typings({ calls, options }) {
  const generated = calls.filter(({ kind }) => kind !== 'inherited');
  return `// The public types of mcp-autoheal/ipfs-accelerate. Generated from ipfs-accelerate/calls.txt.

import { MCPClient, type BatchResult, type ToolResult } from 'mcp-autoheal';

export * from 'mcp-autoheal';

/** The named options of the calls. Each call takes some of them. \`undefined\` is the same as no value. */
export interface InferenceOptions {
${[...options.values()].map(option).join('\n')}
}

/** One call of \`callToolsBatch\`. */
export interface ToolCall {
  /** The name of the tool. */
  name: string;
  /** The arguments; none by default. */
  arguments?: object | undefined;
}

/** A client with a method for each call of the original SDK. */
export declare class IPFSAccelerateClient extends MCPClient {
${generated.map(method).join('\n\n')}
}

export { IPFSAccelerateClient as default, IPFSAccelerateClient as MCPClient };
`;
}

function option({ name, type, sentence }) {
  return `  /** ${sentence} */\n  ${name}?: ${type} | undefined;`;
}

function method(call) {
  const { name, kind, parameters, options, rest } = call;
  const signature = parameters.map(typed);
  if (options.length > 0) {
    const names = options.map(({ name }) => `'${name}'`).join(' | ');
    signature.push(`options?: Pick<InferenceOptions, ${names}>`);
  }
  if (rest) signature.push(typed(rest));
  const result = { methods: 'Result', tools: 'ToolResult', batch: 'BatchResult[]' }[kind];
  const generic = kind === 'methods' ? '<Result = unknown>' : '';
  const line = `  ${name}${generic}(${signature.join(', ')}): Promise<${result}>;`;
  const declaration =
    line.length <= WIDTH
      ? line
      : [
          `  ${name}${generic}(`,
          ...signature.map((parameter) => `    ${parameter},`),
          `  ): Promise<${result}>;`,
        ].join('\n');
  return `${comment(call)}\n${declaration}`;
}

function typed({ name, type, literal }) {
  return `${name}${literal === undefined ? '' : '?'}: ${type}`;
}

function comment({ sentence, kind, wire, parameters, options }) {
  const sent = { methods: `Method \`${wire}\`.`, tools: `Tool \`${wire}\`.`, batch: '' }[kind];
  const initial = [...parameters, ...options]
    .filter(({ literal }) => literal !== undefined)
    .map(({ name, literal }) => `\`${name} = ${literal}\``);
  const text = [sentence, sent, initial.length > 0 && `Defaults: ${initial.join(', ')}.`].filter(Boolean).join(' ');
  const line = `  /** ${text} */`;
  return line.length <= WIDTH ? line : ['  /**', ...wrapped(text), '   */'].join('\n');
}

function wrapped(text) {
  const lines = ['   *'];
  for (const word of text.split(' ')) {
    if (lines.at(-1).length + 1 + word.length > WIDTH) lines.push('   *');
    lines.push(`${lines.pop()} ${word}`);
  }
  return lines;
}
