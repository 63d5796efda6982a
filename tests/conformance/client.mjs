// The program the conformance suite runs as a client: what each scenario asks of it, by the package's Node entry.

import { MCPClient } from 'mcp-autoheal';

const url = process.argv.at(-1);
const scenario = process.env.MCP_CONFORMANCE_SCENARIO;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');
const client = new MCPClient(url, { mcp: 'auto' });
client.onerror = (error) => console.error('onerror:', error);

/** Arguments that fit a tool's schema: its defaults, or the plainest value of each type. */
function argumentsFor({ inputSchema }) {
  const plain = { string: 'text', number: 1, integer: 1, boolean: true, array: [], object: {} };
  const members = Object.entries(inputSchema?.properties ?? {});
  return Object.fromEntries(members.map(([name, { type, default: given }]) => [name, given ?? plain[type] ?? null]));
}

/** Lists the tools and calls each of them. */
async function callEveryTool() {
  const { tools } = await client.listTools();
  for (const tool of tools) await client.callTool(tool.name, argumentsFor(tool));
}

/** Lists the tools, and shows what was received of the first one's schema. */
async function echoSchema() {
  const { tools } = await client.listTools();
  const echo = tools.find(({ inputSchema }) => inputSchema.properties?.schema);
  const focal = tools.find((tool) => tool !== echo);
  await client.callTool(echo.name, { schema: focal.inputSchema });
}

const scenarios = {
  async initialize() {
    await client.connect();
    await client.listTools();
  },
  async tools_call() {
    await client.listTools();
    await client.callTool('add_numbers', { a: 5, b: 3 });
  },
  async 'elicitation-sep1034-client-defaults'() {
    client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }));
    await callEveryTool();
  },
  async 'request-metadata'() {
    // Says all it can do, so that the suite looks at how that is said.
    for (const method of ['roots/list', 'sampling/createMessage', 'elicitation/create']) {
      client.setRequestHandler(method, () => ({}));
    }
    await callEveryTool();
  },
  async 'sep-2322-client-request-state'() {
    client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { confirmed: true } }));
    const { tools } = await client.listTools();
    await Promise.all(tools.map((tool) => client.callTool(tool.name, argumentsFor(tool)).catch(console.error)));
  },
  'json-schema-2020-12-preservation': echoSchema,
  'json-schema-ref-no-deref': () => client.listTools(),
  async 'http-custom-headers'() {
    await client.listTools();
    for (const { name, arguments: values } of context.toolCalls ?? []) await client.callTool(name, values);
  },
  async 'http-standard-headers'() {
    await callEveryTool();
    const { resources } = await client.listResources();
    for (const { uri } of resources) await client.readResource(uri);
    const { prompts } = await client.listPrompts();
    for (const { name } of prompts) await client.getPrompt(name);
  },
};

await (scenarios[scenario] ?? callEveryTool)();
await client.close();
