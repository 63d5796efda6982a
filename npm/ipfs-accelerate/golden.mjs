// What each call is expected to send, worked out from the table without the generated code.

/** One line for each call and each form of its arguments: `call [arguments] -> method params`; `@name` is a tool. */
export function golden({ calls, options }) {
  const lines = calls.flatMap((call) =>
    forms(call, options).map((args) => `${call.name} ${JSON.stringify(args)} -> ${expected(call, args)}`),
  );
  return `${lines.join('\n')}\n`;
}

/** A line of the golden file, with the calls' bodies as they go over the wire but for their ids. */
export function readLine(line) {
  const [, call, args, sent] = /^(\w+) (\[.*\]) -> (.+)$/.exec(line);
  const bodies = sent.split(' & ').map((one) => {
    const [, tool, name, params] = /^(@?)(\S+) (.+)$/.exec(one);
    return tool
      ? { jsonrpc: '2.0', method: 'tools/call', params: { name, arguments: JSON.parse(params) } }
      : { jsonrpc: '2.0', method: name, params: JSON.parse(params) };
  });
  return { call, args: JSON.parse(args), body: call === 'callToolsBatch' ? bodies : bodies[0] };
}

/** Only what is required; one optional argument more at a time; one option, all of them, and one nobody knows. */
function forms({ kind, parameters, options, rest }, known) {
  if (kind === 'batch') return [[[{ name: 'first', arguments: { x: 1 } }, { name: 'second' }]]];
  const samples = parameters.map(sample);
  const required = parameters.filter(({ literal }) => literal === undefined).length;
  const found = [];
  for (let given = required; given <= samples.length; given += 1) found.push(samples.slice(0, given));
  if (options.length > 0) {
    const names = [...known.keys()];
    const every = options.map((option) => [option.name, sample(option, names.indexOf(option.name))]);
    found.push([...samples, Object.fromEntries(every.slice(-1))]);
    found.push([...samples, { ...Object.fromEntries(every), unknownOption: true }]);
  }
  if (rest) {
    if (rest.literal === undefined) found.pop();
    found.push([...samples, { someKey: 1, other_key: { nestedKey: [true, null] } }]);
  }
  return found;
}

/** A value of the type; numbers and texts differ from each other, so that none can take another's place. */
function sample({ name, type, initial }, place) {
  if (type === 'number') return 20 + place;
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
  parameters.forEach(({ wire, initial }, place) => (params[wire] = place < args.length ? args[place] : initial));
  for (const { name, wire, initial } of options) params[wire] = last?.[name] === undefined ? initial : last[name];
  if (rest) Object.assign(params, last);
  return `${kind === 'tools' ? '@' : ''}${wire} ${JSON.stringify(params)}`;
}
