// Writes the class as JavaScript; `entry` is the client's own entry for the same environment.

const WIDTH = 120;

/** The text of dist/ipfs-accelerate.js or of its sibling for another environment. */
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

// Every method makes \`new Error()\` itself, so that exactly one frame of the client stands above the caller's own.
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
  // Spreading what was not given does no harm, but sent as it is it has to be there.
  const alone = rest && parameters.length === 0;
  if (rest) signature.push(alone ? declared(rest) : rest.name);

  const members = [...parameters, ...options].map(({ name, wire }) => (name === wire ? name : `${wire}: ${name}`));
  if (rest) members.push(`...${rest.name}`);
  const lines = [`  ${name}(${signature.join(', ')}) {`];
  if (options.length > 0) lines.push(`    const { ${options.map(declared).join(', ')} } = options ?? {};`);
  lines.push(...sending(kind === 'tools' ? '#tool' : '_call', wire, alone ? rest.name : members), '  }');
  return lines.join('\n');
}

function declared({ name, literal }) {
  return literal === undefined ? name : `${name} = ${literal}`;
}

/** The statement that sends, in as few lines as fit; `sent` is an expression, or an object's members. */
function sending(through, wire, sent) {
  const braced = typeof sent === 'string' ? sent : sent.length === 0 ? '{}' : `{ ${sent.join(', ')} }`;
  const line = `    return this.${through}('${wire}', ${braced}, new Error());`;
  if (line.length <= WIDTH) return [line];
  return [
    `    const params = {`,
    ...sent.map((member) => `      ${member},`),
    '    };',
    `    return this.${through}('${wire}', params, new Error());`,
  ];
}

/** A list that is none is left to the client, which says so. */
function batchMethod({ name, parameters: [{ name: list }] }) {
  return `  ${name}(${list}) {
    const asCall = (tool) => {
      const { name, arguments: args = {} } = Object(tool);
      return { method: 'tools/call', params: { name, arguments: args } };
    };
    return this._batch(Array.isArray(${list}) ? ${list}.map(asCall) : ${list}, new Error());
  }`;
}
