// The expected request of each call, computed from the table without the generated code.

/** One line for each call and each form of its arguments: `call [arguments] -> method params`; `@name` is a tool. */
export function golden({ calls, options }) {
  const lines = calls.flatMap((call) =>
    forms(call, options).map((args) => `${call.name} ${JSON.stringify(args)} -> ${expected(call, args)}`),
  );
  return `${lines.join('\n')}\n`;
}

/** Parses a line of the golden file. The body is the expected request without ids. */
export function readLine(line) {
  const [, call, args, sent] = /^(\w+) (\[.*\]) -> (.+)$/.exec(line);
  const bodies = sent.split(' & ').map((text) => {
    const [, tool, name, params] = /^(@?)(\S+) (.+)$/.exec(text);
    return tool
      ? { jsonrpc: '2.0', method: 'tools/call', params: { name, arguments: JSON.parse(params) } }
      : { jsonrpc: '2.0', method: name, params: JSON.parse(params) };
  });
  return { call, args: JSON.parse(args), body: call === 'callToolsBatch' ? bodies : bodies[0] };
}

/**
 * The forms of the arguments of a call: the required ones, then each optional one added, then with the last option, and
 * with all options and an unknown one.
 */
function forms({ kind, parameters, options, rest }, declared) {
  if (kind === 'batch') return [[[{ name: 'first', arguments: { x: 1 } }, { name: 'second' }]]];
  const samples = parameters.map(sample);
  const required = parameters.filter(({ literal }) => literal === undefined).length;
  const result = [];
  for (let count = required; count <= samples.length; count += 1) result.push(samples.slice(0, count));
  if (options.length > 0) {
    const names = [...declared.keys()];
    const all = options.map((option) => [option.name, sample(option, names.indexOf(option.name))]);
    result.push([...samples, Object.fromEntries(all.slice(-1))]);
    result.push([...samples, { ...Object.fromEntries(all), unknownOption: true }]);
  }
  if (rest) {
    if (rest.literal === undefined) result.pop();
    result.push([...samples, { someKey: 1, other_key: { nestedKey: [true, null] } }]);
  }
  return result;
}

/** A sample value of the type. Numbers and texts are unique, so that the tests detect swapped parameters. */
function sample({ name, type, initial }, index) {
  if (type === 'number') return 20 + index;
  if (type === 'boolean') return !initial;
  if (type.includes('object[]')) return [{ someKey: 1 }];
  if (type.includes('object')) return { someKey: 1 };
  return type === 'unknown' ? [0.5, { someKey: null }] : `some ${name}`;
}

function expected({ kind, wire, parameters, options, rest }, args) {
  if (kind === 'batch') {
    return args[0].map((tool) => `@${tool.name} ${JSON.stringify(tool.arguments ?? {})}`).join(' & ');
  }
  const last = args[parameters.length];
  const params = {};
  parameters.forEach(({ wire, initial }, index) => (params[wire] = index < args.length ? args[index] : initial));
  for (const { name, wire, initial } of options) params[wire] = last?.[name] === undefined ? initial : last[name];
  if (rest) Object.assign(params, last);
  return `${kind === 'tools' ? '@' : ''}${wire} ${JSON.stringify(params)}`;
}
