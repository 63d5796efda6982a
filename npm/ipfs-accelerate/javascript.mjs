// Generates the class as JavaScript.

const WIDTH = 120;

/** The text of dist/ipfs-accelerate.js, or of its variant for another environment. `entry` is the client for it. */
export function javascript({ calls }, entry) {
  const members = [];
  let heading;
  for (const call of calls) {
    if (call.kind === 'inherited') continue;
    if (call.title !== heading) members.push(`  // ${(heading = call.title)}`);
    members.push(call.kind === 'batch' ? batchMethod(call) : method(call));
  }
  return `// MCPClient with the convenience calls of the original SDK. Generated from ipfs-accelerate/calls.txt.

import { MCPClient } from '${entry}';

export * from '${entry}';

// Each method creates \`new Error()\` itself, so that exactly one frame of the client is above the frame of the caller.
export class IPFSAccelerateClient extends MCPClient {
  #tool(name, args, trace) {
    return this._call('tools/call', { name, arguments: args }, trace);
  }

${members.join('\n\n').replace(/^( {2}\/\/ .*\n)\n/gm, '$1')}
}

export { IPFSAccelerateClient as default, IPFSAccelerateClient as MCPClient };
`;
}

function method({ name, kind, wire, parameters, options, rest }) {
  const signature = parameters.map(declared);
  if (options.length > 0) signature.push('options');
  // Without parameters the object is sent itself, so it needs its default. Spreading undefined needs none.
  const alone = rest && parameters.length === 0;
  if (rest) signature.push(alone ? declared(rest) : rest.name);

  const members = [...parameters, ...options].map(({ name, wire }) => (name === wire ? name : `${wire}: ${name}`));
  if (rest) members.push(`...${rest.name}`);
  const lines = [`  ${name}(${signature.join(', ')}) {`];
  if (options.length > 0) lines.push(`    const { ${options.map(declared).join(', ')} } = options ?? {};`);
  lines.push(...sendLines(kind === 'tools' ? '#tool' : '_call', wire, alone ? rest.name : members), '  }');
  return lines.join('\n');
}

function declared({ name, literal }) {
  return literal === undefined ? name : `${name} = ${literal}`;
}

/** The lines of the statement that sends. `sent` is an expression, or a list of object members. */
function sendLines(method, wire, sent) {
  const braced = typeof sent === 'string' ? sent : sent.length === 0 ? '{}' : `{ ${sent.join(', ')} }`;
  const line = `    return this.${method}('${wire}', ${braced}, new Error());`;
  if (line.length <= WIDTH) return [line];
  return [
    `    const params = {`,
    ...sent.map((member) => `      ${member},`),
    '    };',
    `    return this.${method}('${wire}', params, new Error());`,
  ];
}

/** An argument that is not a list is passed on, because the client rejects it with a TypeError. */
function batchMethod({ name, parameters: [{ name: list }] }) {
  return `  ${name}(${list}) {
    const asCall = (tool) => {
      const { name, arguments: args = {} } = Object(tool);
      return { method: 'tools/call', params: { name, arguments: args } };
    };
    return this._batch(Array.isArray(${list}) ? ${list}.map(asCall) : ${list}, new Error());
  }`;
}
