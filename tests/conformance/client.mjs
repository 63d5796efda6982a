// The client that the conformance suite runs: the calls of each scenario, with the Node entry of the package.

import { MCPClient } from 'mcp-autoheal';

const url = process.argv.at(-1);
const scenario = process.env.MCP_CONFORMANCE_SCENARIO;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');
const client = new MCPClient(url, { mcp: 'auto' });
client.onerror = (error) => console.error('onerror:', error);

/** Arguments that fit the schema of a tool: its default values, or a simple value of each type. */
function argumentsFor({ inputSchema }) {
  const simple = { string: 'text', number: 1, integer: 1, boolean: true, array: [], object: {} };
  const members = Object.entries(inputSchema?.properties ?? {});
  return Object.fromEntries(
    members.map(([name, { type, default: initial }]) => [name, initial ?? simple[type] ?? null]),
  );
}

/** Lists the tools and calls each of them. */
async function callAllTools() {
  const { tools } = await client.listTools();
  for (const tool of tools) await client.callTool(tool.name, argumentsFor(tool));
}

/** Lists the tools and sends the schema of one of them back to the suite. */
async function echoSchema() {
  const { tools } = await client.listTools();
  const echo = tools.find(({ inputSchema }) => inputSchema.properties?.schema);
  const tested = tools.find((tool) => tool !== echo);
  await client.callTool(echo.name, { schema: tested.inputSchema });
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
    await callAllTools();
  },
  async 'request-metadata'() {
    // Declares all capabilities, so that the suite checks their format.
    for (const method of ['roots/list', 'sampling/createMessage', 'elicitation/create']) {
      client.setRequestHandler(method, () => ({}));
    }
    await callAllTools();
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
    await callAllTools();
    const { resources } = await client.listResources();
    for (const { uri } of resources) await client.readResource(uri);
    const { prompts } = await client.listPrompts();
    for (const { name } of prompts) await client.getPrompt(name);
  },
};

await (scenarios[scenario] ?? callAllTools)();
await client.close();
